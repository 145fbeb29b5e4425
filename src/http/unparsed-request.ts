import { IncomingMessage, METHODS } from 'node:http'
import type { TLSSocket } from 'node:tls'
import type { ParseError } from './client-error.js'
import { requestHeaders } from './http2/request-headers.js'

/**
 * The request that Node's parser of HTTP/1.1 refuses since it does not know the method; for the API any token is one, which
 * is authorized and audited before it is told that it may not be used.
 *
 * @returns undefined if it is refused for something else, or is not there as a whole in one packet
 */
export function unparsedRequest(
  { code, rawPacket, bytesParsed = Infinity }: ParseError,
  socket: TLSSocket,
): IncomingMessage | undefined {
  // A packet may begin with the body of a request that has its answer already, and that is somebody else's text.
  if (code !== 'HPE_INVALID_METHOD' || rawPacket === undefined || bytesParsed >= rawPacket.indexOf(' '))
    return undefined
  const end = rawPacket.indexOf('\r\n\r\n')
  const [start = '', ...lines] = rawPacket.toString('latin1', 0, Math.max(end, 0)).split('\r\n')
  const [, method, url] = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+) (\/[!-~]*|\*) HTTP\/1\.1$/.exec(start) ?? []
  const fields = fieldsOf(lines)
  if (method === undefined || url === undefined || fields === undefined) return undefined
  // What the parser knows it has refused for what came before.
  if (METHODS.includes(method)) return undefined
  const pseudo = [field(':method', method), field(':scheme', 'https'), field(':path', url)]
  const headers = requestHeaders([...pseudo, ...fields.filter(({ name }) => name !== 'connection')])
  if (headers === undefined) return undefined
  const announced = headers['content-length'] ?? '0'
  const body = rawPacket.subarray(end + 4)
  if (!/^\d{1,15}$/.test(announced) || body.length < Number(announced)) return undefined

  const request = new IncomingMessage(socket)
  Object.assign(request, { method, url, httpVersion: '1.1', httpVersionMajor: 1, httpVersionMinor: 1, complete: true })
  for (const { name } of pseudo) delete headers[name]
  request.headers = headers
  request.rawHeaders = fields.flatMap(({ name, value }) => [name, value])
  if (announced !== '0') request.push(body.subarray(0, Number(announced)))
  request.push(null)
  return request
}

const field = (name: string, value: string) => ({ name, value, malformed: false })

function fieldsOf(lines: readonly string[]): ReturnType<typeof field>[] | undefined {
  const fields: ReturnType<typeof field>[] = []
  for (const line of lines) {
    const [name = ''] = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+(?=:)/.exec(line) ?? []
    const value = line.slice(name.length + 1).trim()
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what no header may have
    if (name === '' || /[\x00-\x08\x0a-\x1f\x7f]/.test(value)) return undefined
    fields.push(field(name.toLowerCase(), value))
  }
  return fields
}

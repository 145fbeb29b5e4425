import type { IncomingMessage } from 'node:http'
import type { WebSocket } from 'ws'
import { internalError } from '../../api/index.js'
import type { ProxyTarget, RequestContext } from '../../http/index.js'
import { SpdyConnection, type SpdyStream } from './spdy-connection.js'
import { acceptWebSocket, type SpdyUpgrade, upgradeToSpdy } from './upgrade.js'

/** Which streams a client wants. */
export interface Streams {
  readonly stdin: boolean
  readonly stdout: boolean
  readonly stderr: boolean
  readonly tty: boolean
}

/** The WebSocket protocol whose clients can say that they have no more to say. */
export const closableProtocol = 'v5.channel.k8s.io'

/** Of SPDY, the newest first. Those with a number of 4 and above report in JSON how the command ended. */
const spdyProtocols = ['v5.channel.k8s.io', 'v4.channel.k8s.io', 'v3.channel.k8s.io', 'v2.channel.k8s.io']
const channels = { stdin: 0, stdout: 1, stderr: 2, error: 3, resize: 4, close: 255 } as const
/** Bytes that may wait for a slow client before its kubelet has to. */
const highWater = 1024 * 1024
const maxErrorBytes = 64 * 1024

/**
 * Speaks with the client over a WebSocket and with the kubelet over SPDY: each channel of the one is a stream of the other.
 * What goes wrong is told on the error channel, since the client has been agreed with by then.
 *
 * Source: apiserver pkg/util/proxy/streamtranslator.go, client-go tools/remotecommand.
 */
export async function translateStreams(context: RequestContext, target: ProxyTarget, streams: Streams): Promise<void> {
  const client = await acceptWebSocket(context, closableProtocol)
  if (client === undefined) return
  // So that the client knows that it is connected.
  client.send(Buffer.from([streams.stdout ? channels.stdout : streams.stderr ? channels.stderr : channels.error]))
  const over = new AbortController()
  client.once('close', () => over.abort())
  try {
    const answer = await upgradeToSpdy(target, spdyProtocols, {}, over.signal)
    if (!('protocol' in answer)) throw await refusal(answer)
    tell(client, await join(client, answer, streams))
  } catch (error) {
    tell(client, failure((error as Error).message))
  } finally {
    // Its word on the end has to be heard.
    client.resume()
    client.close(1000)
  }
}

/** Until the kubelet has reported how it went. */
function join(client: WebSocket, { socket, head, protocol }: SpdyUpgrade, streams: Streams): Promise<object> {
  return new Promise((resolve, reject) => {
    const report: Buffer[] = []
    let open = 0
    let reported = false
    let broken: Error | undefined
    const finished = (): void => {
      if (open > 0 || !reported) return
      kubelet.close()
      if (broken !== undefined) reject(broken)
      else resolve(outcome(Buffer.concat(report).toString(), protocol))
    }
    const kubelet = new SpdyConnection(socket, head, {
      drained: () => client.resume(),
      closed: (error) => {
        broken ??= error
        open = 0
        reported = true
        finished()
      },
    })
    const closed = { data: () => undefined, ended: () => undefined }
    kubelet
      .open(
        { streamtype: 'error' },
        {
          data: (chunk) => void (report.length < maxReportPieces && report.push(Buffer.from(chunk))),
          ended: () => {
            reported = true
            finished()
          },
        },
      )
      .end()
    const output = (streamtype: 'stdout' | 'stderr'): void => {
      open++
      const channel = Buffer.from([channels[streamtype]])
      kubelet.open(
        { streamtype },
        {
          data: (chunk) => {
            client.send(Buffer.concat([channel, chunk]), () => {
              if (client.bufferedAmount < highWater) kubelet.resume()
            })
            if (client.bufferedAmount >= highWater) kubelet.pause()
          },
          ended: () => {
            open--
            finished()
          },
        },
      )
    }
    const inputs = new Map<number, SpdyStream>()
    if (streams.stdin) {
      const stdin = kubelet.open({ streamtype: 'stdin' }, { ...closed, ended: () => stdin.end() })
      inputs.set(channels.stdin, stdin)
    }
    if (streams.stdout) output('stdout')
    if (streams.stderr && !streams.tty) output('stderr')
    if (streams.tty && protocol !== 'v2.channel.k8s.io')
      inputs.set(channels.resize, kubelet.open({ streamtype: 'resize' }, closed))
    client.on('message', (data: Buffer) => {
      if (data.length === 0) return
      if (data[0] === channels.close) inputs.get(data[1] ?? channels.close)?.end()
      else if (data.length > 1 && inputs.get(data[0]!)?.write(data.subarray(1)) === false) client.pause()
    })
    client.once('close', () => kubelet.close())
    client.resume()
  })
}

const maxReportPieces = 64

/** How the command ended, as clients of WebSockets are told. */
function outcome(report: string, protocol: string): object {
  if (report === '') return success
  if (protocol === 'v2.channel.k8s.io' || protocol === 'v3.channel.k8s.io')
    return failure(`error executing remote command: ${report}`)
  let status: Report
  try {
    status = JSON.parse(report) as Report
  } catch (error) {
    return failure(`error stream protocol error: ${(error as Error).message} in ${JSON.stringify(report)}`)
  }
  if (status.status === 'Success') return success
  if (status.status !== 'Failure') return failure('error stream protocol error: unknown error')
  if (status.reason !== 'NonZeroExitCode') return failure(status.message ?? '')
  const code = status.details?.causes?.find(({ reason }) => reason === 'ExitCode')?.message
  if (code === undefined) return failure('error stream protocol error: no ExitCode cause given')
  if (!/^\d+$/.test(code) || Number(code) > 255)
    return failure(`error stream protocol error: invalid exit code value ${JSON.stringify(code)}`)
  if (Number(code) === 0) return success
  return {
    metadata: {},
    status: 'Failure',
    message: `command terminated with non-zero exit code: command terminated with exit code ${code}`,
    reason: 'NonZeroExitCode',
    details: { causes: [{ reason: 'ExitCode', message: code }] },
  }
}

interface Report {
  readonly status?: string
  readonly message?: string
  readonly reason?: string
  readonly details?: { readonly causes?: readonly { readonly reason?: string; readonly message?: string }[] }
}

const success = { metadata: {}, status: 'Success' }

function failure(message: string): object {
  const { kind: _, apiVersion: __, ...status } = internalError(message).status
  return status
}

async function refusal(answer: IncomingMessage): Promise<Error> {
  let text = ''
  for await (const chunk of answer) {
    text += String(chunk)
    if (text.length > maxErrorBytes) answer.destroy()
  }
  return new Error(`unable to upgrade connection: ${messageOf(text)}`)
}

/** Kubelets refuse with a Status, others with a text. */
function messageOf(text: string): string {
  try {
    const status = JSON.parse(text) as { kind?: unknown; message?: unknown }
    return status.kind === 'Status' && typeof status.message === 'string' ? status.message : text
  } catch {
    return text
  }
}

function tell(client: WebSocket, status: object): void {
  if (client.readyState !== client.OPEN) return
  client.send(Buffer.concat([Buffer.from([channels.error]), Buffer.from(JSON.stringify(status))]))
}

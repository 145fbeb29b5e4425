// kats' own HTTP/2 client, out of src/: with node:http2 a load generator takes more of the machine than the server it measures.
import { once } from 'node:events'
import { dirname, join } from 'node:path'
import { connect } from 'node:tls'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))
let loaded

async function client() {
  loaded ??= build({
    absWorkingDir: root,
    entryPoints: [join('src', 'http', 'http2', 'client-connection.ts')],
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
  }).then(
    ({ outputFiles }) =>
      import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString('base64')}`),
  )
  return (await loaded).Http2ClientConnection
}

/**
 * @returns a connection over TLS whose `request` resolves with the status once the answer is complete; its body is not kept
 */
export async function connectHttp2(url) {
  const Connection = await client()
  const { hostname, port, host } = new URL(url)
  const socket = connect({
    host: hostname.replace(/[[\]]/g, ''),
    port: Number(port),
    ALPNProtocols: ['h2'],
    rejectUnauthorized: false,
  })
  socket.setNoDelay(true)
  await once(socket, 'secureConnect')
  const connection = await new Promise((resolve, reject) => {
    const made = new Connection(socket, {
      ready: () => resolve(made),
      retired: () => undefined,
      closed: reject,
    })
  })
  const common = [
    { name: ':scheme', value: 'https' },
    { name: ':authority', value: host },
  ]
  return {
    request(headers, body) {
      const fields = [{ name: ':method', value: headers[':method'] ?? 'GET' }, ...common]
      for (const name in headers) if (name !== ':method') fields.push({ name, value: headers[name] })
      // pseudo fields go first
      fields.sort((a, b) => Number(b.name[0] === ':') - Number(a.name[0] === ':'))
      return new Promise((resolve, reject) => {
        let status = 0
        connection.open(fields, body === undefined ? [] : [body], true, {
          headers: (received) => {
            if (received[0]?.name === ':status') status = Number(received[0].value)
          },
          data: () => undefined,
          ended: (end) => (end === undefined ? resolve(status) : reject(new Error(end.message))),
        })
      })
    },
    close: () => socket.destroy(),
  }
}

// An admission webhook that allows everything: a bare HTTPS server of its own. `GET /last` is the last review it was sent.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const folder = mkdtempSync(join(tmpdir(), 'kats-hook-'))
const [key, cert] = ['key', 'cert'].map((name) => join(folder, name))
const request = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2']
const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost']
execFileSync('openssl', [...request, ...subject, '-keyout', key, '-out', cert], { stdio: 'ignore' })
const tls = { key: readFileSync(key), cert: readFileSync(cert) }
rmSync(folder, { recursive: true, force: true })

let last = Buffer.from('{}')
const server = createServer(tls, (message, response) => {
  const parts = []
  message.on('data', (part) => parts.push(part))
  message.on('end', () => {
    if (message.method === 'GET') return response.end(last)
    last = Buffer.concat(parts)
    const { kind, apiVersion, request } = JSON.parse(last)
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ kind, apiVersion, response: { uid: request.uid, allowed: true } }))
  })
})
server.listen(0, '127.0.0.1', () => console.log(`port ${server.address().port} ${tls.cert.toString('base64')}`))

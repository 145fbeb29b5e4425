import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import { createCertificate, type PemPair } from '../../src/server/index.js'

/** An HTTPS server on this machine, with an authority of its own. */
export interface TlsServer {
  readonly url: string
  /** PEM of the authority. */
  readonly ca: string
  readonly authority: PemPair
  close(): Promise<void>
}

const validity = { notBefore: new Date(Date.now() - 3_600_000), notAfter: new Date(Date.now() + 3_600_000) }

export const testAuthority = (commonName: string): PemPair =>
  createCertificate({ commonName, usage: 'authority', ...validity })

/** @param answer gets the whole body */
export async function tlsServer(
  answer: (request: IncomingMessage, response: ServerResponse, body: string) => void,
  options: { readonly clientCa?: string } = {},
): Promise<TlsServer> {
  const authority = testAuthority('test authority')
  const own = createCertificate(
    { commonName: 'localhost', usage: 'server', dnsNames: ['localhost'], ipAddresses: ['127.0.0.1'], ...validity },
    authority,
  )
  const server = createServer(
    {
      ...own,
      ...(options.clientCa === undefined ? {} : { ca: options.clientCa, requestCert: true, rejectUnauthorized: true }),
    },
    (request, response) => {
      const parts: Buffer[] = []
      request.on('data', (part: Buffer) => parts.push(part))
      request.on('end', () => answer(request, response, Buffer.concat(parts).toString()))
    },
  )
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  return {
    url: `https://localhost:${port}`,
    ca: authority.cert,
    authority,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

export const testClient = (commonName: string, authority: PemPair): PemPair =>
  createCertificate({ commonName, usage: 'client', ...validity }, authority)

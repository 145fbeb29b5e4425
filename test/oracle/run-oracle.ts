import { type ChildProcess, spawn } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'vitest'
import { createCertificate } from '../../src/server/index.js'
import { freePort } from '../support/start-kats.js'
import { replay } from './replay.mjs'

const here = fileURLToPath(new URL('.', import.meta.url))
const executable = fileURLToPath(new URL('../../bin/kube-apiserver', import.meta.url))
const listFile = join(here, 'known-differences.json')

/** By reason: the ids of steps that differ for it. */
type KnownDifferences = Record<string, string[]>

/**
 * Replays some of the recorded scenario files against the built executable, started as the recorded server was, and holds
 * what differs against the list of known differences: nothing new, and nothing on the list that is no longer true.
 */
export async function runOracle(files: readonly string[]): Promise<void> {
  const known: KnownDifferences = JSON.parse(readFileSync(listFile, 'utf8'))
  const listed = new Set(Object.values(known).flat())
  const server = await startServer()
  try {
    const localhost = {
      commonName: 'localhost',
      dnsNames: ['localhost'],
      ipAddresses: ['127.0.0.1'],
      usage: 'server' as const,
      ...validity(),
    }
    const { steps, found } = await replay({ server: server.url, files, certificate: createCertificate(localhost) })
    expect(steps).toBeGreaterThan(10)
    const differing = new Map(found.map((one) => [one.id, one]))
    const fresh = found.filter(({ id }) => !listed.has(id))
    const mended = mine(listed, files).filter((id) => !differing.has(id))
    if (process.env.KATS_ORACLE_UPDATE === '1' && mended.length > 0) strike(mended)
    else expect(mended, 'steps on the list of known differences that do not differ any more').toEqual([])
    expect(fresh.map(({ id, request, differences }) => ({ id, request, differences })), 'steps that differ').toEqual([])
    expect(server.process.exitCode, 'the server is still there').toBeNull()
  } finally {
    await server.stop()
  }
}

/** Scenarios are named after their file, but for some that share one. */
function mine(listed: ReadonlySet<string>, files: readonly string[]): string[] {
  const names = new Set<string>()
  for (const file of files) for (const name of scenarioNames(file)) names.add(name)
  return [...listed].filter((id) => names.has(id.slice(0, id.lastIndexOf('#'))))
}

function scenarioNames(file: string): string[] {
  const { gunzipSync } = process.getBuiltinModule('node:zlib')
  return Object.keys(JSON.parse(gunzipSync(readFileSync(join(here, 'recorded', `${file}.json.gz`))).toString()))
}

function strike(mended: readonly string[]): void {
  const gone = new Set(mended)
  const known: KnownDifferences = JSON.parse(readFileSync(listFile, 'utf8'))
  for (const [reason, ids] of Object.entries(known)) known[reason] = ids.filter((id) => !gone.has(id))
  for (const [reason, ids] of Object.entries(known)) if (ids.length === 0) delete known[reason]
  writeFileSync(listFile, `${JSON.stringify(known, null, 1)}\n`)
}

interface Started {
  readonly url: string
  readonly process: ChildProcess
  stop(): Promise<void>
}

async function startServer(): Promise<Started> {
  const folder = mkdtempSync(join(tmpdir(), 'kats-oracle-'))
  const file = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text, { mode: 0o600 })
    return join(folder, name)
  }
  const account = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const clientCa = createCertificate({ commonName: 'client-ca', usage: 'authority', ...validity() })
  const proxyCa = createCertificate({ commonName: 'front-proxy-ca', usage: 'authority', ...validity() })
  const proxy = createCertificate({ commonName: 'front-proxy', usage: 'client', ...validity() }, proxyCa)
  const port = await freePort()
  const flags = {
    'secure-port': port,
    'bind-address': '127.0.0.1',
    'cert-dir': join(folder, 'certs'),
    'data-dir': join(folder, 'data'),
    'service-account-issuer': 'https://kubernetes.default.svc',
    'service-account-signing-key-file': file('sa.key', account.privateKey.export({ type: 'pkcs1', format: 'pem' }).toString()),
    'service-account-key-file': file('sa.pub', account.publicKey.export({ type: 'spki', format: 'pem' }).toString()),
    'token-auth-file': join(here, 'tokens.csv'),
    'authorization-mode': 'Node,RBAC',
    'service-cluster-ip-range': '10.0.0.0/24',
    'allow-privileged': true,
    'disable-admission-plugins': 'ServiceAccount',
    'client-ca-file': file('ca.crt', clientCa.cert),
    'requestheader-client-ca-file': file('rca.crt', proxyCa.cert),
    'requestheader-username-headers': 'X-Remote-User',
    'requestheader-group-headers': 'X-Remote-Group',
    'requestheader-extra-headers-prefix': 'X-Remote-Extra-',
    'proxy-client-cert-file': file('proxy.crt', proxy.cert),
    'proxy-client-key-file': file('proxy.key', proxy.key),
  }
  const args = Object.entries(flags).map(([name, value]) => `--${name}=${value}`)
  const child = spawn(process.execPath, [executable, ...args], { stdio: ['ignore', 'ignore', 'pipe'] })
  let log = ''
  child.stderr.on('data', (chunk) => {
    log = (log + chunk).slice(-4000)
  })
  const url = `https://127.0.0.1:${port}`
  for (let i = 0; !(await isReady(url)); i++) {
    if (child.exitCode !== null || i > 300) throw new Error(`the server did not start: ${log}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  return {
    url,
    process: child,
    async stop() {
      child.kill('SIGTERM')
      if (child.exitCode === null) await new Promise((resolve) => child.once('exit', resolve))
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

const day = 86_400_000
const validity = () => ({ notBefore: new Date(Date.now() - day), notAfter: new Date(Date.now() + day) })

/** Ready, and past what a server does once it is: it judges the FlowSchemas that it has just made. */
const isReady = async (url: string): Promise<boolean> => {
  if ((await ask(`${url}/readyz`)) === undefined) return false
  const schemas = await ask(`${url}/apis/flowcontrol.apiserver.k8s.io/v1/flowschemas`)
  const items: { status?: { conditions?: object[] } }[] = JSON.parse(schemas ?? '{"items":[{}]}').items
  return items.every(({ status }) => status?.conditions !== undefined)
}

/** The body of a good answer. */
const ask = (url: string): Promise<string | undefined> =>
  new Promise((resolve) => {
    const headers = { authorization: 'Bearer admintoken' }
    const sent = request(url, { headers, rejectUnauthorized: false }, (answer) => {
      let text = ''
      answer.on('data', (chunk) => {
        text += chunk
      })
      answer.on('end', () => resolve(answer.statusCode === 200 ? text : undefined))
    })
    sent.on('error', () => resolve(undefined))
    sent.end()
  })

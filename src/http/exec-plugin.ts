import { spawn } from 'node:child_process'
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { isObject } from '../api/index.js'
import { decodeDocument } from '../codec/index.js'

/** How a program is asked who we are. Source: client-go tools/clientcmd/api, ExecConfig. */
export interface ExecConfig {
  readonly command: string
  readonly args: readonly string[]
  readonly env: readonly { readonly name: string; readonly value: string }[]
  readonly apiVersion: string
  readonly installHint: string
  readonly provideClusterInfo: boolean
  /** Never, IfAvailable or Always. A server has no terminal to lend. */
  readonly interactiveMode: string
}

/** What a program said. Empty strings: not given. */
export interface ExecCredentials {
  readonly token: string
  /** PEM, as is the key. */
  readonly cert: string
  readonly key: string
  /** Milliseconds; undefined: good until refused. */
  readonly expiresAt: number | undefined
}

const group = 'client.authentication.k8s.io'
const versions: readonly string[] = [`${group}/v1`, `${group}/v1beta1`]

/** A program has so long, and may say so much. */
const runTimeoutMs = 60_000
const maxOutputBytes = 1024 * 1024

/**
 * Asks a program for credentials and keeps them until they expire or are refused. Callers that come while it runs wait for
 * the same run. What it writes to its standard error goes to ours. Source: client-go plugin/pkg/client/auth/exec.
 */
export class ExecPlugin {
  readonly #config: ExecConfig
  readonly #cluster: object | undefined
  readonly #now: () => number
  #current: ExecCredentials | undefined
  #running: Promise<ExecCredentials> | undefined

  /**
   * @param cluster what the program is told of the server, if its configuration wants that
   * @throws Error for a version that is not spoken
   */
  constructor(config: ExecConfig, cluster: object | undefined, now: () => number = Date.now) {
    if (!versions.includes(config.apiVersion))
      throw new Error(`exec plugin: invalid apiVersion ${JSON.stringify(config.apiVersion)}`)
    this.#config = config
    this.#cluster = config.provideClusterInfo ? cluster : undefined
    this.#now = now
  }

  /** Undefined: there are none that are still good. */
  get current(): ExecCredentials | undefined {
    const found = this.#current
    return found?.expiresAt !== undefined && this.#now() > found.expiresAt ? undefined : found
  }

  /** Credentials that are good. @throws Error in the words of client-go */
  fetch(): Promise<ExecCredentials> | ExecCredentials {
    return this.current ?? this.#refresh()
  }

  /** These were refused: asks for others, unless there are others already. */
  async renew(refused: ExecCredentials | undefined): Promise<void> {
    if (this.#current === refused) await this.#refresh()
  }

  #refresh(): Promise<ExecCredentials> {
    this.#running ??= this.#ask().finally(() => {
      this.#running = undefined
    })
    return this.#running
  }

  async #ask(): Promise<ExecCredentials> {
    const { apiVersion, interactiveMode } = this.#config
    if (interactiveMode === 'Always')
      throw new Error('exec plugin cannot support interactive mode: standard input is not a terminal')
    const spec = { ...(this.#cluster !== undefined && { cluster: this.#cluster }), interactive: false }
    const output = await this.#run(JSON.stringify({ kind: 'ExecCredential', apiVersion, spec }))
    this.#current = await credentialsOf(output, apiVersion)
    return this.#current
  }

  #run(info: string): Promise<Buffer> {
    const { command, args, env, installHint } = this.#config
    return new Promise((resolve, reject) => {
      // A program is run as one is from a shell: with all of our environment, and what is told of it beside.
      const own = Object.fromEntries(env.map(({ name, value }) => [name, value]))
      const child = spawn(command, args, {
        env: { ...process.env, ...own, KUBERNETES_EXEC_INFO: info },
        stdio: ['ignore', 'pipe', 'inherit'],
        timeout: runTimeoutMs,
        killSignal: 'SIGKILL',
      })
      const parts: Buffer[] = []
      let size = 0
      child.stdout.on('data', (part: Buffer) => {
        size += part.length
        if (size <= maxOutputBytes) parts.push(part)
        else child.kill('SIGKILL')
      })
      child.once('error', (error: NodeJS.ErrnoException) => {
        const missing = error.code === 'ENOENT'
        const hint = missing && installHint !== '' ? `\n\n${installHint}` : ''
        reject(new Error(missing ? `exec: executable ${command} not found${hint}` : `exec: ${error.message}`))
      })
      child.once('close', (code) => {
        if (code === 0) resolve(Buffer.concat(parts))
        else reject(new Error(`exec: executable ${command} failed with exit code ${code ?? -1}`))
      })
    })
  }
}

async function credentialsOf(output: Buffer, apiVersion: string): Promise<ExecCredentials> {
  const { value, type } = await decodeDocument(output).catch((error: Error) => {
    throw new Error(`decoding stdout: ${error.message}`)
  })
  const told = type.group === '' ? type.version : `${type.group}/${type.version}`
  if (type.kind !== 'ExecCredential' || !versions.includes(told))
    throw new Error(
      `decoding stdout: no kind ${JSON.stringify(type.kind)} is registered for version ${JSON.stringify(told)}`,
    )
  if (told !== apiVersion)
    throw new Error(`exec plugin is configured to use API version ${apiVersion}, plugin returned version ${told}`)
  const status = isObject(value) ? value.status : undefined
  if (!isObject(status)) throw new Error("exec plugin didn't return a status field")
  const text = (name: string): string => {
    const given = status[name] ?? ''
    if (typeof given !== 'string') throw new Error(`decoding stdout: status.${name} must be a string`)
    return given
  }
  const [token, cert, key] = [text('token'), text('clientCertificateData'), text('clientKeyData')]
  if (token === '' && cert === '' && key === '') throw new Error("exec plugin didn't return a token or cert/key pair")
  if ((cert === '') !== (key === '')) throw new Error('exec plugin returned only certificate or key, not both')
  if (cert !== '') checkPair(cert, key)
  const expiry = text('expirationTimestamp')
  const expiresAt = expiry === '' ? undefined : Date.parse(expiry)
  if (Number.isNaN(expiresAt))
    throw new Error(`decoding stdout: status.expirationTimestamp: ${JSON.stringify(expiry)} is no time`)
  return { token, cert, key, expiresAt }
}

function checkPair(cert: string, key: string): void {
  try {
    if (new X509Certificate(cert).checkPrivateKey(createPrivateKey(key))) return
  } catch (error) {
    throw new Error(`failed parsing client key/certificate: ${(error as Error).message}`)
  }
  throw new Error('failed parsing client key/certificate: tls: private key does not match public key')
}

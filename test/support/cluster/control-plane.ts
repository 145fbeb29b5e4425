import { type ChildProcess, spawn } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createCertificate, type PemPair } from '../../../src/server/index.js'
import { testAuthority } from '../tls-server.js'
import { ApiClient } from './api-client.js'
import { FakeKubelet } from './fake-kubelet.js'

export interface ControlPlaneOptions {
  /** Everything is written here: certificates, kubeconfigs, logs. */
  readonly folder: string
  /** The API server's executable and what storage it is to use. */
  readonly apiServer: readonly string[]
  /** Folder of kube-controller-manager and kube-scheduler. */
  readonly binaries: string
}

interface Process {
  readonly child: ChildProcess
  readonly log: () => string
  stop(signal?: NodeJS.Signals): Promise<number | null>
}

/**
 * A control plane as kubeadm sets it up: an API server with authorities, keys and flags like kubeadm's, and the controller manager
 * and scheduler of Kubernetes as they are, each with a kubeconfig and a client certificate of its own.
 */
export class ControlPlane {
  readonly folder: string
  url = ''
  readonly #options: ControlPlaneOptions
  readonly #authority = testAuthority('kubernetes-ca')
  readonly #frontProxy = testAuthority('front-proxy-ca')
  readonly #processes: Process[] = []
  readonly #kubelets: FakeKubelet[] = []
  #controllerManager: Process | undefined

  constructor(options: ControlPlaneOptions) {
    this.#options = options
    this.folder = options.folder
  }

  async start(): Promise<void> {
    mkdirSync(this.folder, { recursive: true })
    await this.startApiServer()
    this.#controllerManager = this.startControllerManager()
    this.startScheduler()
  }

  async startApiServer(more: readonly string[] = []): Promise<Process> {
    const port = await freePort()
    this.url = `https://127.0.0.1:${port}`
    const serving = this.#sign({
      commonName: 'kube-apiserver',
      usage: 'server',
      dnsNames: ['localhost', 'kubernetes', 'kubernetes.default.svc'],
      ipAddresses: ['127.0.0.1', '10.96.0.1'],
    })
    const proxy = this.#sign({ commonName: 'front-proxy-client', usage: 'client' }, this.#frontProxy)
    const toKubelets = this.#client('kube-apiserver-kubelet-client', ['kubeadm:cluster-admins'])
    const keys = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const signing = this.write('sa.key', keys.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString())
    const verifying = this.write('sa.pub', keys.publicKey.export({ type: 'spki', format: 'pem' }).toString())
    this.#writePair('ca', this.#authority)
    const [command, ...storage] = this.#options.apiServer
    const started = this.run('apiserver', command!, [
      ...storage,
      '--bind-address=127.0.0.1',
      `--secure-port=${port}`,
      '--allow-privileged=true',
      '--authorization-mode=Node,RBAC',
      `--client-ca-file=${join(this.folder, 'ca.crt')}`,
      '--enable-admission-plugins=NodeRestriction',
      '--enable-bootstrap-token-auth=true',
      ...this.#flagsOf('kubelet-client-certificate', 'kubelet-client-key', 'kubelet-client', toKubelets),
      '--kubelet-preferred-address-types=InternalIP,ExternalIP,Hostname',
      ...this.#flagsOf('proxy-client-cert-file', 'proxy-client-key-file', 'front-proxy-client', proxy),
      '--requestheader-allowed-names=front-proxy-client',
      `--requestheader-client-ca-file=${this.write('front-proxy-ca.crt', this.#frontProxy.cert)}`,
      '--requestheader-extra-headers-prefix=X-Remote-Extra-',
      '--requestheader-group-headers=X-Remote-Group',
      '--requestheader-username-headers=X-Remote-User',
      '--service-account-issuer=https://kubernetes.default.svc.cluster.local',
      `--service-account-key-file=${verifying}`,
      `--service-account-signing-key-file=${signing}`,
      '--service-cluster-ip-range=10.96.0.0/12',
      ...this.#flagsOf('tls-cert-file', 'tls-private-key-file', 'serving', serving),
      ...more,
    ])
    this.kubeconfig('admin', 'kubernetes-admin', ['system:masters'])
    await this.#ready(started)
    return started
  }

  /** Its periods are short, so that what it does in minutes takes seconds. */
  startControllerManager(name = 'controller-manager', more: readonly string[] = []): Process {
    const kubeconfig = this.kubeconfig(name, 'system:kube-controller-manager')
    return this.run(name, join(this.#options.binaries, 'kube-controller-manager'), [
      '--allocate-node-cidrs=true',
      `--authentication-kubeconfig=${kubeconfig}`,
      `--authorization-kubeconfig=${kubeconfig}`,
      '--bind-address=127.0.0.1',
      '--secure-port=0',
      `--client-ca-file=${join(this.folder, 'ca.crt')}`,
      '--cluster-cidr=10.244.0.0/16',
      '--cluster-name=kubernetes',
      `--cluster-signing-cert-file=${join(this.folder, 'ca.crt')}`,
      `--cluster-signing-key-file=${join(this.folder, 'ca.key')}`,
      '--controllers=*,bootstrap-signer-controller,token-cleaner-controller',
      `--kubeconfig=${kubeconfig}`,
      '--leader-elect=true',
      '--leader-elect-lease-duration=4s',
      '--leader-elect-renew-deadline=3s',
      '--leader-elect-retry-period=500ms',
      `--requestheader-client-ca-file=${join(this.folder, 'front-proxy-ca.crt')}`,
      `--root-ca-file=${join(this.folder, 'ca.crt')}`,
      `--service-account-private-key-file=${join(this.folder, 'sa.key')}`,
      '--service-cluster-ip-range=10.96.0.0/12',
      '--use-service-account-credentials=true',
      '--node-monitor-period=1s',
      '--node-monitor-grace-period=6s',
      '--horizontal-pod-autoscaler-sync-period=2s',
      '--pvclaimbinder-sync-period=2s',
      '--resource-quota-sync-period=5s',
      '--namespace-sync-period=5s',
      ...more,
    ])
  }

  /** As if its machine had died: the lease stays until it runs out. */
  async endControllerManager(): Promise<void> {
    await this.#controllerManager?.stop('SIGKILL')
  }

  startScheduler(): Process {
    const kubeconfig = this.kubeconfig('scheduler', 'system:kube-scheduler')
    return this.run('scheduler', join(this.#options.binaries, 'kube-scheduler'), [
      `--authentication-kubeconfig=${kubeconfig}`,
      `--authorization-kubeconfig=${kubeconfig}`,
      `--kubeconfig=${kubeconfig}`,
      '--bind-address=127.0.0.1',
      '--secure-port=0',
      '--leader-elect=true',
    ])
  }

  async startKubelet(name: string): Promise<FakeKubelet> {
    const subnet = 100 + this.#kubelets.length
    const kubelet = new FakeKubelet(this.client(`system:node:${name}`, ['system:nodes']), name, subnet)
    this.#kubelets.push(kubelet)
    await kubelet.start()
    return kubelet
  }

  client(commonName: string, organizations: readonly string[] = []): ApiClient {
    return new ApiClient(this.url, this.#authority.cert, this.#client(commonName, organizations))
  }

  /** @returns the path of a file that kubectl and controllers can use */
  kubeconfig(file: string, commonName: string, organizations: readonly string[] = []): string {
    const { cert, key } = this.#client(commonName, organizations)
    const base64 = (text: string): string => Buffer.from(text).toString('base64')
    return this.write(
      `${file}.kubeconfig`,
      JSON.stringify({
        apiVersion: 'v1',
        kind: 'Config',
        'current-context': 'it',
        contexts: [{ name: 'it', context: { cluster: 'it', user: 'it' } }],
        clusters: [
          { name: 'it', cluster: { server: this.url, 'certificate-authority-data': base64(this.#authority.cert) } },
        ],
        users: [{ name: 'it', user: { 'client-certificate-data': base64(cert), 'client-key-data': base64(key) } }],
      }),
    )
  }

  write(name: string, text: string): string {
    const file = join(this.folder, name)
    writeFileSync(file, text, { mode: 0o600 })
    return file
  }

  /** Starts a program whose output goes to NAME.log. */
  run(name: string, command: string, args: readonly string[]): Process {
    const file = join(this.folder, `${name}.log`)
    const output = openSync(file, 'a')
    const child = spawn(command, args, { stdio: ['ignore', output, output] })
    closeSync(output)
    const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
    const started = {
      child,
      log: () => readFileSync(file, 'utf8'),
      stop: (signal: NodeJS.Signals = 'SIGTERM') => {
        child.kill(signal)
        return ended
      },
    }
    this.#processes.push(started)
    return started
  }

  async stop(): Promise<void> {
    await Promise.all(this.#kubelets.map((kubelet) => kubelet.stop()))
    const [apiServer, ...others] = this.#processes
    await Promise.all(others.map((process) => process.stop('SIGKILL')))
    await apiServer?.stop()
  }

  async #ready({ child, log }: Process): Promise<void> {
    const admin = this.client('kubernetes-admin', ['system:masters'])
    const end = Date.now() + 60_000
    for (;;) {
      const failed = await admin.get('/readyz').then(
        () => undefined,
        (reason: unknown) => ({ reason }),
      )
      if (failed === undefined) break
      if (child.exitCode !== null) throw new Error(`the API server ended with ${child.exitCode}:\n${log()}`)
      if (Date.now() > end) throw failed.reason
      await sleep(50)
    }
    admin.close()
  }

  #client(commonName: string, organizations: readonly string[]): PemPair {
    return this.#sign({ commonName, organizations, usage: 'client' })
  }

  #sign(
    subject: Omit<Parameters<typeof createCertificate>[0], 'notBefore' | 'notAfter'>,
    by = this.#authority,
  ): PemPair {
    const day = 86_400_000
    return createCertificate(
      { ...subject, notBefore: new Date(Date.now() - day), notAfter: new Date(Date.now() + day) },
      by,
    )
  }

  #flagsOf(certFlag: string, keyFlag: string, name: string, pair: PemPair): string[] {
    this.#writePair(name, pair)
    return [`--${certFlag}=${join(this.folder, `${name}.crt`)}`, `--${keyFlag}=${join(this.folder, `${name}.key`)}`]
  }

  #writePair(name: string, { cert, key }: PemPair): void {
    this.write(`${name}.crt`, cert)
    this.write(`${name}.key`, key)
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const taken = createServer()
    taken.once('error', reject)
    taken.listen(0, '127.0.0.1', () => {
      const { port } = taken.address() as { port: number }
      taken.close(() => resolve(port))
    })
  })
}

import { setTimeout as sleep } from 'node:timers/promises'
import type { ApiClient, Loose } from './api-client.js'

const heartbeatMs = 1_000

/**
 * What the API sees of a kubelet: its node with a heartbeat, and the states of the pods bound to it. No container runs: a pod is
 * ready as soon as it is seen; one that need not go on for ever (restartPolicy) succeeds a moment later, or fails if its first
 * container's image is "fail".
 */
export class FakeKubelet {
  readonly #api: ApiClient
  readonly #name: string
  readonly #stop = new AbortController()
  readonly #seen = new Map<string, string>()
  readonly #subnet: number
  #addresses = 1
  #running: Promise<unknown> = Promise.resolve()

  /** @param api known as `system:node:NAME` */
  constructor(api: ApiClient, name: string, subnet: number) {
    this.#api = api
    this.#name = name
    this.#subnet = subnet
  }

  async start(): Promise<void> {
    await this.#register()
    const pods = `/api/v1/pods?fieldSelector=spec.nodeName%3D${this.#name}`
    this.#running = Promise.all([
      this.#beat(),
      this.#api.follow(pods, (type, pod) => void this.#sync(type, pod).catch(() => {}), this.#stop.signal),
    ])
  }

  /** Like pulling the plug: the node stays as it was. */
  async stop(): Promise<void> {
    this.#stop.abort()
    await this.#running.catch(() => {})
    this.#api.close()
  }

  async #register(): Promise<void> {
    const labels = { 'kubernetes.io/hostname': this.#name, 'kubernetes.io/os': 'linux', 'kubernetes.io/arch': 'amd64' }
    const node = { apiVersion: 'v1', kind: 'Node', metadata: { name: this.#name, labels } }
    await this.#api.ask('POST', '/api/v1/nodes', node, [409])
    await this.#report()
  }

  #report(): Promise<Loose> {
    const amounts = { cpu: '4', memory: '8Gi', pods: '110', 'ephemeral-storage': '100Gi' }
    const now = timestamp()
    const condition = (type: string, status: string, reason: string) => ({
      type,
      status,
      reason,
      lastHeartbeatTime: now,
      lastTransitionTime: now,
    })
    const status = {
      capacity: amounts,
      allocatable: amounts,
      addresses: [{ type: 'InternalIP', address: '127.0.0.1' }],
      conditions: [
        condition('MemoryPressure', 'False', 'KubeletHasSufficientMemory'),
        condition('DiskPressure', 'False', 'KubeletHasNoDiskPressure'),
        condition('PIDPressure', 'False', 'KubeletHasSufficientPID'),
        condition('Ready', 'True', 'KubeletReady'),
      ],
      nodeInfo: { kubeletVersion: 'v1.36.3', operatingSystem: 'linux', architecture: 'amd64' },
    }
    return this.#api.patch(`/api/v1/nodes/${this.#name}/status`, { status })
  }

  /** Only the lease is renewed, as kubelets do while nothing else changes. */
  async #beat(): Promise<void> {
    const leases = '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases'
    const lease = {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name: this.#name, namespace: 'kube-node-lease' },
      spec: { holderIdentity: this.#name, leaseDurationSeconds: 40, renewTime: microTimestamp() },
    }
    await this.#api.ask('POST', leases, lease, [404, 409])
    while (!this.#stop.signal.aborted) {
      const spec = { renewTime: microTimestamp() }
      const renewed = await this.#api.patch(`${leases}/${this.#name}`, { spec }, [404]).catch(() => undefined)
      if (renewed?.code === 404) await this.#api.ask('POST', leases, lease, [404, 409]).catch(() => {})
      await sleep(heartbeatMs, undefined, { signal: this.#stop.signal }).catch(() => {})
    }
  }

  async #sync(type: string, pod: Loose): Promise<void> {
    const { uid, name, namespace, deletionTimestamp } = pod.metadata
    const path = `/api/v1/namespaces/${namespace}/pods/${name}`
    const state = type === 'DELETED' ? 'gone' : deletionTimestamp === undefined ? 'running' : 'ending'
    if (this.#seen.get(uid) === state || this.#seen.get(uid) === 'ending') return
    if (state === 'gone') return void this.#seen.delete(uid)
    this.#seen.set(uid, state)
    if (state === 'ending') {
      await this.#api.ask('DELETE', path, { gracePeriodSeconds: 0, preconditions: { uid } }, [404, 409])
      return
    }
    if (pod.status.phase !== 'Pending') return
    const podIP = `10.244.${this.#subnet}.${this.#addresses++}`
    await this.#api.patch(`${path}/status`, podStatus(pod, 'Running', podIP), [404, 409])
    if (pod.spec.restartPolicy === 'Always' || pod.metadata.annotations?.stays !== undefined) return
    await sleep(300)
    const phase = pod.spec.containers[0].image === 'fail' ? 'Failed' : 'Succeeded'
    await this.#api.patch(`${path}/status`, podStatus(pod, phase, podIP), [404, 409])
  }
}

function podStatus(pod: Loose, phase: 'Running' | 'Succeeded' | 'Failed', podIP: string): Loose {
  const now = timestamp()
  const running = phase === 'Running'
  const exitCode = phase === 'Failed' ? 1 : 0
  const condition = (type: string, status: boolean) => ({
    type,
    status: status ? 'True' : 'False',
    lastTransitionTime: now,
    ...(status ? {} : { reason: 'PodCompleted' }),
  })
  const finished = { exitCode, reason: exitCode === 0 ? 'Completed' : 'Error', startedAt: now, finishedAt: now }
  return {
    metadata: { uid: pod.metadata.uid },
    status: {
      phase,
      podIP,
      podIPs: [{ ip: podIP }],
      hostIP: '127.0.0.1',
      startTime: now,
      conditions: [condition('Initialized', true), condition('Ready', running), condition('ContainersReady', running)],
      containerStatuses: pod.spec.containers.map((container: Loose) => ({
        name: container.name,
        image: container.image,
        imageID: '',
        containerID: `fake://${container.name}`,
        ready: running,
        started: running,
        restartCount: 0,
        state: running ? { running: { startedAt: now } } : { terminated: finished },
      })),
    },
  }
}

const timestamp = (): string => `${new Date().toISOString().slice(0, 19)}Z`
const microTimestamp = (): string => `${timestamp().slice(0, -1)}.000000Z`

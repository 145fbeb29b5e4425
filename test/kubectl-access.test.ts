import { execFile, execFileSync } from 'node:child_process'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type StartedKats, startKats } from './support/start-kats.js'

const run = promisify(execFile)

const present = (() => {
  try {
    execFileSync('kubectl', ['version', '--client'], { stdio: 'ignore' })
    return true
  } catch {
    console.warn('no kubectl on PATH: its tests do not run')
    return false
  }
})()

describe.skipIf(!present)('kubectl', () => {
  let server: StartedKats
  beforeAll(async () => {
    server = await startKats({ flags: ['--authorization-mode=Node,RBAC'] })
    await kubectl('create', 'serviceaccount', 'robot')
    await kubectl('create', 'serviceaccount', 'default').catch(() => {})
  })
  afterAll(() => server.stop())

  const kubectl = async (...args: string[]): Promise<string> => {
    const env = { ...process.env, KUBECONFIG: server.kubeconfig, HOME: server.folder }
    const { stdout, stderr } = await run('kubectl', args, { env })
    return stdout + stderr
  }
  /** What kubectl says where it fails. */
  const refused = (...args: string[]): Promise<string> =>
    kubectl(...args).then(
      (text) => `not refused: ${text}`,
      (error: { stdout: string; stderr: string }) => error.stdout + error.stderr,
    )
  const asRobot = ['--as', 'system:serviceaccount:default:robot']

  test('makes tokens, and is who they say', async () => {
    const token = (await kubectl('create', 'token', 'robot', '--duration', '20m')).trim()
    const asToken = [
      '--server',
      server.url,
      '--token',
      token,
      '--insecure-skip-tls-verify',
      '--kubeconfig',
      '/dev/null',
    ]
    expect(await kubectl('auth', 'whoami', ...asToken)).toMatch(/Username\s+system:serviceaccount:default:robot/)
    expect(await refused('get', 'pods', ...asToken)).toContain(
      'pods is forbidden: User "system:serviceaccount:default:robot" cannot list resource "pods"',
    )
    expect(await refused('create', 'token', 'nobody')).toContain('serviceaccounts "nobody" not found')
  })

  test('asks what others may, and gives no more than one has', async () => {
    expect(await refused('auth', 'can-i', 'list', 'pods', ...asRobot)).toBe('no\n')
    await kubectl('create', 'role', 'reader', '--verb=get,list', '--resource=pods')
    await kubectl('create', 'role', 'binder', '--verb=create', '--resource=roles,rolebindings')
    for (const role of ['reader', 'binder'])
      await kubectl('create', 'rolebinding', role, `--role=${role}`, '--serviceaccount=default:robot')
    expect(await kubectl('auth', 'can-i', 'list', 'pods', ...asRobot)).toBe('yes\n')
    expect(await kubectl('auth', 'can-i', '--list', ...asRobot)).toMatch(/^pods\s+\[\]\s+\[\]\s+\[get list\]$/m)
    await kubectl('create', 'role', 'same', '--verb=get', '--resource=pods', ...asRobot)
    expect(await refused('create', 'role', 'more', '--verb=delete', '--resource=pods', ...asRobot)).toContain(
      'is attempting to grant RBAC permissions not currently held:\n{APIGroups:[""], Resources:["pods"], Verbs:["delete"]}',
    )
    await kubectl('create', 'rolebinding', 'x', '--role=same', '--user=jane', ...asRobot)
    expect(
      await refused('create', 'rolebinding', 'y', '--clusterrole=cluster-admin', '--user=jane', ...asRobot),
    ).toContain('is attempting to grant RBAC permissions not currently held')
  })

  test('drains a node as far as budgets let it', async () => {
    const node = 'apiVersion: v1\nkind: Node\nmetadata: {name: n1}\n'
    await pipe(node, 'apply', '-f', '-')
    const overrides = JSON.stringify({ spec: { nodeName: 'n1' } })
    for (const name of ['kept', 'free'])
      await kubectl('run', name, '--image=i', `--labels=app=${name}`, `--overrides=${overrides}`)
    await kubectl('create', 'poddisruptionbudget', 'b', '--selector=app=kept', '--min-available=1')
    for (const name of ['kept', 'free'])
      await status(`pod/${name}`, { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] })
    await status('pdb/b', {
      observedGeneration: 1,
      currentHealthy: 1,
      desiredHealthy: 1,
      expectedPods: 1,
      disruptionsAllowed: 0,
    })
    const drained = await refused('drain', 'n1', '--force', '--grace-period=0', '--timeout=3s')
    expect(drained).toContain(`Cannot evict pod as it would violate the pod's disruption budget.`)
    expect(await kubectl('get', 'pods', '-o', 'name')).toBe('pod/kept\n')
  })

  test('adds a debugging container, and hears that there is no node to stream from', async () => {
    await kubectl('run', 'p', '--image=i')
    await kubectl('debug', 'p', '--image=busybox', '--container=dbg', '--profile=general')
    expect(await kubectl('get', 'pod', 'p', '-o', 'jsonpath={.spec.ephemeralContainers[*].name}')).toBe('dbg')
    expect(await refused('exec', 'p', '--', 'ls')).toContain('pod p does not have a host assigned')
    expect(await kubectl('logs', 'p', '-c', 'p')).toBe('')
  })

  const pipe = (input: string, ...args: string[]): Promise<void> =>
    new Promise((resolve, reject) => {
      const env = { ...process.env, KUBECONFIG: server.kubeconfig, HOME: server.folder }
      const child = execFile('kubectl', args, { env }, (error, _, stderr) =>
        error === null ? resolve() : reject(new Error(stderr)),
      )
      child.stdin!.end(input)
    })
  const status = (object: string, value: object): Promise<string> =>
    kubectl('patch', object, '--subresource=status', '--type=merge', '-p', JSON.stringify({ status: value }))
})

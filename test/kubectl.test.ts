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

const manifests = `
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {greeting: hello}
---
apiVersion: v1
kind: Secret
metadata: {name: password}
stringData: {password: secret}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {app: web}}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: web
        image: nginx:1.27
        ports: [{containerPort: 80}]
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  selector: {app: web}
  ports: [{port: 80, targetPort: 80}]
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web}
spec:
  rules:
  - host: web.example.com
    http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}
---
apiVersion: batch/v1
kind: CronJob
metadata: {name: nightly}
spec:
  schedule: "0 3 * * *"
  jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: job, image: busybox}]}}}}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: reader}
rules: [{apiGroups: [""], resources: [pods], verbs: [get, list]}]
`

describe.skipIf(!present)('kubectl', () => {
  let server: StartedKats
  beforeAll(async () => {
    server = await startKats()
  })
  afterAll(() => server.stop())

  const kubectl = async (...args: string[]): Promise<string> => {
    const { stdout } = await run('kubectl', args, {
      env: { ...process.env, KUBECONFIG: server.kubeconfig, HOME: server.folder },
    })
    return stdout
  }
  const kubectlWith = (input: string, ...args: string[]): Promise<string> =>
    new Promise((resolve, reject) => {
      const env = { ...process.env, KUBECONFIG: server.kubeconfig, HOME: server.folder }
      const child = execFile('kubectl', args, { env }, (error, stdout, stderr) =>
        error === null ? resolve(stdout) : reject(new Error(stderr)),
      )
      child.stdin!.end(input)
    })

  test('finds its way: versions, resources, explanations', async () => {
    expect(await kubectl('get', 'ns')).toMatch(/default\s+Active/)
    expect(await kubectl('api-versions')).toContain('apps/v1')
    expect(await kubectl('api-resources')).toMatch(/deployments\s+deploy\s+apps\/v1\s+true\s+Deployment/)
    expect(await kubectl('explain', 'pod.spec.containers')).toContain('FIELDS:')
    expect(await kubectl('version')).toContain('v1.36')
    expect(await kubectl('cluster-info')).toContain('is running at')
    expect(await kubectl('get', '--raw', '/readyz')).toBe('ok')
  })

  test('applies, changes and deletes real manifests', async () => {
    expect(await kubectlWith(manifests, 'apply', '-f', '-')).toContain('deployment.apps/web created')
    expect(await kubectlWith(manifests, 'apply', '-f', '-')).toContain('deployment.apps/web unchanged')
    expect(await kubectlWith(manifests, 'diff', '-f', '-')).toBe('')
    expect(await kubectl('get', 'deploy,svc,ing,cj,cm,secret,role', '-o', 'wide')).toMatch(
      /deployment.apps\/web\s+0\/2/,
    )
    await kubectl('scale', 'deploy', 'web', '--replicas', '3')
    await kubectl('label', 'deploy', 'web', 'tier=front')
    await kubectl('annotate', 'deploy', 'web', 'note=changed')
    await kubectl('set', 'image', 'deploy/web', 'web=nginx:1.28')
    for (const [type, patch] of [
      ['strategic', '{"spec":{"template":{"spec":{"containers":[{"name":"web","env":[{"name":"A","value":"1"}]}]}}}}'],
      ['merge', '{"metadata":{"annotations":{"merged":"yes"}}}'],
      ['json', '[{"op":"add","path":"/metadata/annotations/patched","value":"yes"}]'],
    ] as const)
      await kubectl('patch', 'deploy', 'web', '--type', type, '-p', patch)
    const deployment = JSON.parse(await kubectl('get', 'deploy', 'web', '-o', 'json'))
    expect(deployment.spec.replicas).toBe(3)
    expect(deployment.metadata.labels).toMatchObject({ tier: 'front' })
    expect(deployment.metadata.annotations).toMatchObject({ note: 'changed', merged: 'yes', patched: 'yes' })
    expect(deployment.spec.template.spec.containers[0]).toMatchObject({
      image: 'nginx:1.28',
      env: [{ name: 'A', value: '1' }],
    })
    expect(await kubectl('describe', 'deploy', 'web')).toContain('Image:      nginx:1.28')
    expect(await kubectl('get', 'deploy', '-l', 'tier=front', '-o', 'name')).toBe('deployment.apps/web\n')
    expect(await kubectl('get', 'cm', '--field-selector', 'metadata.name=settings', '-o', 'name')).toBe(
      'configmap/settings\n',
    )
    expect(await kubectlWith(manifests, 'apply', '--server-side', '--force-conflicts', '-f', '-')).toContain(
      'serverside-applied',
    )
    expect(await kubectlWith(manifests, 'delete', '-f', '-')).toContain('deployment.apps "web" deleted')
  })

  test('creates from the command line, pages, waits and watches', async () => {
    await Promise.all(
      ['a', 'b', 'c', 'd', 'e'].map((name) => kubectl('create', 'configmap', name, '--from-literal=x=y')),
    )
    expect((await kubectl('get', 'cm', '--chunk-size', '2', '-o', 'name')).trim().split('\n')).toHaveLength(5)
    expect(await kubectl('get', 'cm', '-A', '--no-headers')).toMatch(/default\s+a/)
    const gone = kubectl('wait', '--for=delete', 'configmap/a', '--timeout=20s')
    await kubectl('delete', 'configmap', 'a')
    await gone
    await kubectlWith(
      '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"b"},"data":{"x":"z"}}',
      'replace',
      '-f',
      '-',
    )
    expect(await kubectl('get', 'cm', 'b', '-o', 'jsonpath={.data.x}')).toBe('z')
  })

  test('is told of mistakes in words that help', async () => {
    await expect(kubectl('get', 'pod', 'none')).rejects.toThrow('pods "none" not found')
    await expect(
      kubectlWith('{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"Bad Name"}}', 'create', '-f', '-'),
    ).rejects.toThrow('metadata.name: Invalid value')
    await expect(
      kubectlWith('{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"x"},"dta":{}}', 'create', '-f', '-'),
    ).rejects.toThrow('unknown field "dta"')
  })
})

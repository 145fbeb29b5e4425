import { describe, expect, it } from 'vitest'
import type { KubeObject } from '../../api/index.js'
import { attributesFor, named, objectsOf } from '../testing.js'
import { baseline } from './baseline.js'
import { PodChecks } from './checks.js'
import { podOf } from './pod.js'
import { podSecurity } from './pod-security.js'
import { parseVersion, policyOf } from './policy.js'
import { restricted } from './restricted.js'

const checks = new PodChecks(baseline, restricted)
const c = (securityContext?: object, more: object = {}) => ({
  containers: [{ name: 'c', ...(securityContext === undefined ? {} : { securityContext }), ...more }],
})
const good = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ['ALL'] },
  runAsNonRoot: true,
  seccompProfile: { type: 'RuntimeDefault' },
}

const judge = (spec: object, level: 'baseline' | 'restricted', version = 'latest', annotations = {}) =>
  checks.evaluate(podOf(annotations, spec), { level, version: parseVersion(version)! })?.details

describe('baseline', () => {
  it.each<[string, object, string | undefined]>([
    ['an ordinary pod', c(), undefined],
    ['host namespaces', { hostNetwork: true, hostIPC: true }, 'host namespaces (hostNetwork=true, hostIPC=true)'],
    ['privileged', c({ privileged: true }), 'privileged (container "c" must not set securityContext.privileged=true)'],
    [
      'in init containers too',
      { initContainers: [{ name: 'a', securityContext: { privileged: true } }], ...c({ privileged: true }) },
      'privileged (containers "a", "c" must not set securityContext.privileged=true)',
    ],
    [
      'capabilities',
      c({ capabilities: { add: ['SYS_ADMIN', 'CHOWN', 'NET_RAW'] } }),
      'non-default capabilities (container "c" must not include "NET_RAW", "SYS_ADMIN" in securityContext.capabilities.add)',
    ],
    [
      'host paths',
      {
        volumes: [
          { name: 'a', hostPath: {} },
          { name: 'b', emptyDir: {} },
        ],
      },
      'hostPath volumes (volume "a")',
    ],
    [
      'host ports',
      c(undefined, { ports: [{ hostPort: 80 }, { hostPort: 8080 }, {}] }),
      'hostPort (container "c" uses hostPorts 80, 8080)',
    ],
    ['port 0', c(undefined, { ports: [{ hostPort: 0 }] }), undefined],
    [
      'hosts of probes',
      c(undefined, { livenessProbe: { httpGet: { host: 'h' } }, lifecycle: { preStop: { tcpSocket: { host: 'g' } } } }),
      'probe or lifecycle host (container "c" uses probe or lifecycle hosts "g", "h")',
    ],
    [
      'app armor',
      { securityContext: { appArmorProfile: { type: 'Unconfined' } }, ...c() },
      'forbidden AppArmor profile (pod must not set AppArmor profile type to "Unconfined")',
    ],
    [
      'proc mount',
      c({ procMount: 'Unmasked' }),
      'procMount (container "c" must not set securityContext.procMount to "Unmasked")',
    ],
    ['proc mount with users of its own', { hostUsers: false, ...c({ procMount: 'Unmasked' }) }, undefined],
    [
      'SELinux',
      { securityContext: { seLinuxOptions: { user: 'u' } }, ...c({ seLinuxOptions: { type: 't', role: 'r' } }) },
      'seLinuxOptions (pod and container "c" set forbidden securityContext.seLinuxOptions: type "t"; user may not be set; role may not be set)',
    ],
    ['SELinux types that are fine', c({ seLinuxOptions: { type: 'container_engine_t', level: 's0' } }), undefined],
    [
      'seccomp',
      c({ seccompProfile: { type: 'Unconfined' } }),
      'seccompProfile (container "c" must not set securityContext.seccompProfile.type to "Unconfined")',
    ],
    [
      'sysctls',
      { securityContext: { sysctls: [{ name: 'net.ipv4.tcp_rmem' }, { name: 'kernel.msgmax' }] } },
      'forbidden sysctls (kernel.msgmax)',
    ],
    [
      'host processes',
      { securityContext: { windowsOptions: { hostProcess: true } } },
      'hostProcess (pod must not set securityContext.windowsOptions.hostProcess=true)',
    ],
    [
      'several, in order of their names',
      { hostPID: true, ...c({ privileged: true }) },
      'host namespaces (hostPID=true), privileged (container "c" must not set securityContext.privileged=true)',
    ],
  ])('%s', (_, spec, expected) => expect(judge(spec, 'baseline')).toBe(expected))

  it.each<[string, string, object, string | undefined]>([
    ['v1.33', 'probe hosts are news of 1.34', c(undefined, { livenessProbe: { httpGet: { host: 'h' } } }), undefined],
    [
      'v1.31',
      'tcp_rmem is safe since 1.32',
      { securityContext: { sysctls: [{ name: 'net.ipv4.tcp_rmem' }] } },
      'forbidden sysctls (net.ipv4.tcp_rmem)',
    ],
    ['v1.99', 'versions to come are like the newest', c(undefined, {}), undefined],
  ])('%s: %s', (version, _, spec, expected) => expect(judge(spec, 'baseline', version)).toBe(expected))

  it('reads annotations where there were only these', () => {
    const annotations = {
      'container.seccomp.security.alpha.kubernetes.io/c': 'unconfined',
      'container.apparmor.security.beta.kubernetes.io/c': 'unconfined',
    }
    expect(judge(c(), 'baseline', 'v1.18', annotations)).toBe(
      'forbidden AppArmor profile (annotation must not set AppArmor profile type to "container.apparmor.security.beta.kubernetes.io/c="unconfined""), seccompProfile (forbidden annotation container.seccomp.security.alpha.kubernetes.io/c="unconfined")',
    )
  })
})

describe('restricted', () => {
  it.each<[string, object, string | undefined]>([
    ['a good pod', c(good), undefined],
    [
      'an ordinary pod',
      c(),
      'allowPrivilegeEscalation != false (container "c" must set securityContext.allowPrivilegeEscalation=false), unrestricted capabilities (container "c" must set securityContext.capabilities.drop=["ALL"]), runAsNonRoot != true (pod or container "c" must set securityContext.runAsNonRoot=true), seccompProfile (pod or container "c" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")',
    ],
    ['the baseline as well', { hostPID: true, ...c(good) }, 'host namespaces (hostPID=true)'],
    [
      'volumes, told once',
      {
        volumes: [
          { name: 'a', hostPath: {} },
          { name: 'b', nfs: {} },
          { name: 'd', csi: {} },
        ],
        ...c(good),
      },
      'restricted volume types (volumes "a", "b" use restricted volume types "hostPath", "nfs")',
    ],
    [
      'a capability',
      c({ ...good, capabilities: { drop: ['ALL'], add: ['CHOWN', 'NET_BIND_SERVICE'] } }),
      'unrestricted capabilities (container "c" must not include "CHOWN" in securityContext.capabilities.add)',
    ],
    [
      'root',
      { securityContext: { runAsNonRoot: false }, ...c({ ...good, runAsUser: 0, runAsNonRoot: false }) },
      'runAsNonRoot != true (pod and container "c" must not set securityContext.runAsNonRoot=false), runAsUser=0 (container "c" must not set runAsUser=0)',
    ],
    ['root in a user namespace', { hostUsers: false, ...c({ ...good, runAsUser: 0, runAsNonRoot: false }) }, undefined],
    [
      'the pod may speak for its containers',
      {
        securityContext: { runAsNonRoot: true, seccompProfile: { type: 'Localhost' } },
        ...c({ allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } }),
      },
      undefined,
    ],
    ['windows', { os: { name: 'windows' }, ...c({ runAsNonRoot: true }) }, undefined],
  ])('%s', (_, spec, expected) => expect(judge(spec, 'restricted')).toBe(expected))

  it('asked for less in old versions', () => {
    expect(judge(c(), 'restricted', 'v1.7')).toBe(
      'runAsNonRoot != true (pod or container "c" must set securityContext.runAsNonRoot=true)',
    )
  })
})

const lax = { level: 'privileged', version: 'latest' } as const
const defaults = { enforce: lax, audit: lax, warn: lax }
const p = 'pod-security.kubernetes.io/'

describe('labels', () => {
  it('warn follows enforce', () => {
    const { policy } = policyOf({ [`${p}enforce`]: 'baseline', [`${p}enforce-version`]: 'v1.20' }, defaults)
    expect(policy).toEqual({ enforce: { level: 'baseline', version: 20 }, audit: lax, warn: policy.enforce })
  })
  it.each([
    ['enforce', 'x', 'must be one of privileged, baseline, restricted'],
    ['warn-version', 'v1.01', 'must be "latest" or "v1.x"'],
    ['audit-version', 'v2.0', 'must be "latest" or "v1.x"'],
  ])('%s=%s', (label, value, why) => {
    expect(policyOf({ [p + label]: value }, defaults).errors.message).toBe(
      `metadata.labels[${p}${label}]: Invalid value: "${value}": ${why}`,
    )
  })
})

const namespace = (labels: Record<string, string>): KubeObject => ({ metadata: { name: 'n', labels } })
const inNamespace = (labels: Record<string, string>, pods: KubeObject[] = []) =>
  podSecurity(objectsOf({ '/namespaces': [namespace(labels)] }), () => pods.map((pod) => () => pod))

describe('the plugin', () => {
  const pod = { metadata: { name: 'p', namespace: 'n' }, spec: { ...c(), hostPID: true } }

  it('refuses pods', () => {
    const annotations: Record<string, string> = {}
    const attributes = attributesFor('CREATE', '/pods', pod, {
      annotate(key, value) {
        annotations[key] = value
      },
    })
    expect(() => inNamespace({ [`${p}enforce`]: 'baseline', [`${p}audit`]: 'baseline' }).validate!(attributes)).toThrow(
      'pods "p" is forbidden: violates PodSecurity "baseline:latest": host namespaces (hostPID=true)',
    )
    expect(attributes.warnings).toEqual([])
    expect(annotations).toEqual({
      [`${p}enforce-policy`]: 'baseline:latest',
      [`${p}audit-violations`]: 'would violate PodSecurity "baseline:latest": host namespaces (hostPID=true)',
    })
  })

  it('only warns of what makes pods', () => {
    const deployment = { metadata: { name: 'd', namespace: 'n' }, spec: { template: { metadata: {}, spec: pod.spec } } }
    const attributes = attributesFor('CREATE', 'apps/deployments', deployment)
    void inNamespace({ [`${p}enforce`]: 'baseline' }).validate!(attributes)
    expect(attributes.warnings).toEqual(['would violate PodSecurity "baseline:latest": host namespaces (hostPID=true)'])
  })

  it('lets pods be that do not change in what counts', () => {
    const plugin = inNamespace({ [`${p}enforce`]: 'baseline' })
    const update = (image: string) =>
      attributesFor(
        'UPDATE',
        '/pods',
        { ...pod, spec: { ...pod.spec, ...c(undefined, { image }) } },
        { oldObject: pod },
      )
    expect(() => plugin.validate!(attributesFor('UPDATE', '/pods', pod, { oldObject: pod }))).not.toThrow()
    expect(() => plugin.validate!(update('new'))).toThrow('violates PodSecurity')
  })

  it('tells which pods a stricter level would not let in', async () => {
    const replica = (name: string) => ({ ...pod, metadata: { name } })
    const plugin = inNamespace({}, [replica('b'), replica('a'), replica('z'), named('fine', { spec: c() })])
    const attributes = attributesFor('UPDATE', '/namespaces', namespace({ [`${p}enforce`]: 'baseline' }), {
      oldObject: namespace({}),
    })
    await plugin.validate!(attributes)
    expect(attributes.warnings).toEqual([
      'existing pods in namespace "n" violate the new PodSecurity enforce level "baseline:latest"',
      'a (and 2 other pods): host namespaces',
    ])
  })

  it('refuses labels that are wrong, and keeps those that were', async () => {
    const wrong = namespace({ [`${p}enforce`]: 'x' })
    const validate = async (old: KubeObject) =>
      inNamespace({}).validate!(attributesFor('UPDATE', '/namespaces', wrong, { oldObject: old }))
    await expect(validate(namespace({}))).rejects.toThrow('Namespace "n" is invalid: metadata.labels')
    await expect(validate(wrong)).resolves.toBeUndefined()
  })
})

it('an older release knows no newer standards', () => {
  const pod = podOf(undefined, { containers: [{ name: 'c', livenessProbe: { httpGet: { host: 'h' } } }] })
  const latest = { level: 'baseline', version: 'latest' } as const
  expect(new PodChecks(baseline, restricted).evaluate(pod, latest)?.reasons).toContain('probe')
  expect(new PodChecks(baseline, restricted, 33).evaluate(pod, latest)).toBeUndefined()
})

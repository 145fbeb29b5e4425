import { describe, expect, it } from 'vitest'
import type { KubeObject } from '../../api/index.js'
import type { AdmissionAttributes, Operation } from '../admission.js'
import { attributesFor, named, objectsOf } from '../testing.js'
import { nodeRestriction } from './node-restriction.js'

const user = { name: 'system:node:n1', groups: ['system:nodes', 'system:authenticated'] }
const running = { metadata: { name: 'p', namespace: 'ns', uid: 'u' }, spec: { nodeName: 'n1' } }
const objects = objectsOf({
  '/nodes': [{ metadata: { name: 'n1', uid: 'node-uid' } }],
  '/pods': [running],
})
const plugin = nodeRestriction(objects, {
  enabled: (gate) => gate !== 'AllowInsecureKubeletCertificateSigningRequests',
  authorize: () => ({ allowed: false, reason: '' }),
})
const ask = async (
  operation: Operation,
  resource: string,
  object: KubeObject | undefined,
  more: Partial<AdmissionAttributes> = {},
) => plugin.admit!(attributesFor(operation, resource, object, { user, ...more }))

const owner = { apiVersion: 'v1', kind: 'Node', name: 'n1', uid: 'node-uid', controller: true }
const mirror = (meta: object = {}, spec: object = {}): KubeObject => ({
  metadata: {
    name: 'm',
    namespace: 'ns',
    annotations: { 'kubernetes.io/config.mirror': 'x' },
    ownerReferences: [owner],
    ...meta,
  },
  spec: { nodeName: 'n1', ...spec },
})

describe('nodes may', () => {
  it.each<[string, Operation, string, KubeObject | undefined, Partial<AdmissionAttributes>]>([
    ['create their mirror pods', 'CREATE', '/pods', mirror(), {}],
    ['delete their pods', 'DELETE', '/pods', undefined, { name: 'p', namespace: 'ns', oldObject: running }],
    ['evict them', 'CREATE', '/pods', named('p'), { subresource: 'eviction', namespace: 'ns' }],
    ['write their status', 'UPDATE', '/pods', running, { subresource: 'status', oldObject: running }],
    ['change themselves', 'UPDATE', '/nodes', named('n1'), { oldObject: named('n1') }],
    [
      'label themselves',
      'CREATE',
      '/nodes',
      { metadata: { name: 'n1', labels: { 'kubernetes.io/os': 'linux', 'x.node.kubernetes.io/a': 'b', own: '' } } },
      {},
    ],
    ['keep their lease', 'UPDATE', 'coordination.k8s.io/leases', named('n1'), { namespace: 'kube-node-lease' }],
    ['do what is none of its business', 'CREATE', '/configmaps', named('x'), {}],
  ])('%s', async (_, operation, resource, object, more) => {
    await expect(ask(operation, resource, object, more)).resolves.toBeUndefined()
  })
})

describe('nodes may not', () => {
  it.each<[string, Operation, string, KubeObject | undefined, Partial<AdmissionAttributes>]>([
    ['pod does not have "kubernetes.io/config.mirror" annotation', 'CREATE', '/pods', mirror({ annotations: {} }), {}],
    ['can only create pods with spec.nodeName set to itself', 'CREATE', '/pods', mirror({}, { nodeName: 'n2' }), {}],
    [
      'can only create pods with an owner reference set to itself',
      'CREATE',
      '/pods',
      mirror({ ownerReferences: [] }),
      {},
    ],
    [
      'can only create pods with a controller owner',
      'CREATE',
      '/pods',
      mirror({ ownerReferences: [{ ...owner, controller: false }] }),
      {},
    ],
    [
      'UID mismatch: expected other got node-uid',
      'CREATE',
      '/pods',
      mirror({ ownerReferences: [{ ...owner, uid: 'other' }] }),
      {},
    ],
    [
      'can not create pods that reference secrets',
      'CREATE',
      '/pods',
      mirror({}, { imagePullSecrets: [{ name: 's' }] }),
      {},
    ],
    [
      'can not create pods that reference configmaps',
      'CREATE',
      '/pods',
      mirror({}, { volumes: [{ name: 'v', configMap: { name: 'c' } }] }),
      {},
    ],
    [
      'can not create pods that reference persistentvolumeclaims',
      'CREATE',
      '/pods',
      mirror({}, { volumes: [{ name: 'v', persistentVolumeClaim: {} }] }),
      {},
    ],
    ['can only create and delete mirror pods', 'UPDATE', '/pods', running, { oldObject: running }],
    ["only 'status' and 'eviction' are allowed", 'CREATE', '/pods', running, { subresource: 'binding' }],
    [
      'can only delete pods with spec.nodeName set to itself',
      'DELETE',
      '/pods',
      undefined,
      { oldObject: mirror({}, { nodeName: 'n2' }) },
    ],
    [
      'cannot update labels through pod status',
      'UPDATE',
      '/pods',
      { ...running, metadata: { ...running.metadata, labels: { a: 'b' } } },
      { subresource: 'status', oldObject: running },
    ],
    ['node "n1" is not allowed to modify node "n2"', 'UPDATE', '/nodes', named('n2'), { oldObject: named('n2') }],
    [
      'is not allowed to modify taints',
      'UPDATE',
      '/nodes',
      named('n1', { spec: { taints: [{ key: 'a' }] } }),
      { oldObject: named('n1') },
    ],
    [
      'is not allowed to set the following labels: a.node-restriction.kubernetes.io/x, k8s.io/y',
      'CREATE',
      '/nodes',
      { metadata: { name: 'n1', labels: { 'k8s.io/y': '', 'a.node-restriction.kubernetes.io/x': '' } } },
      {},
    ],
    ['may only update PVC status', 'UPDATE', '/persistentvolumeclaims', named('c'), {}],
    [
      'node requested token not bound to a pod',
      'CREATE',
      '/serviceaccounts',
      named('s', { spec: {} }),
      { subresource: 'token' },
    ],
    [
      'audience "a" not found in pod spec volume, system:node:n1 is not authorized',
      'CREATE',
      '/serviceaccounts',
      named('s', {
        spec: { audiences: ['a'], boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name: 'p', uid: 'u' } },
      }),
      { subresource: 'token', namespace: 'ns' },
    ],
    [
      'can only access leases in the "kube-node-lease" system namespace',
      'CREATE',
      'coordination.k8s.io/leases',
      named('n1'),
      {},
    ],
    ['same name as the requesting node', 'CREATE', 'storage.k8s.io/csinodes', named('n2'), {}],
    [
      'can only create ResourceSlice',
      'CREATE',
      'resource.k8s.io/resourceslices',
      named('r', { spec: { nodeName: 'n2' } }),
      {},
    ],
    [
      'which is not the requesting node "n1"',
      'CREATE',
      'certificates.k8s.io/podcertificaterequests',
      named('r', { spec: { nodeName: 'n2' } }),
      {},
    ],
  ])('%s', async (why, operation, resource, object, more) => {
    await expect(ask(operation, resource, object, more)).rejects.toThrow(why)
  })
})

it('others are none of its business', async () => {
  const jane = { name: 'system:node:n1', groups: ['system:authenticated'] }
  await expect(ask('UPDATE', '/nodes', named('n2'), { user: jane })).resolves.toBeUndefined()
})

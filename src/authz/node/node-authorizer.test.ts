import { describe, expect, test } from 'vitest'
import type { KubeObject } from '../../api/index.js'
import type { Attributes } from '../authorizer.js'
import { nodeAuthorizer } from './node-authorizer.js'
import { NodeGraph } from './node-graph.js'

function pod(name: string, nodeName: string, spec: object = {}, metadata: object = {}): KubeObject {
  return { metadata: { namespace: 'ns', name, ...metadata }, spec: { nodeName, ...spec } }
}

const full = {
  serviceAccountName: 'sa',
  imagePullSecrets: [{ name: 'pull' }],
  containers: [
    {
      env: [{ name: 'A', valueFrom: { secretKeyRef: { name: 'env' } } }, { name: 'B' }],
      envFrom: [{ configMapRef: { name: 'from' } }],
    },
  ],
  volumes: [
    { name: 'v1', secret: { secretName: 's1' } },
    { name: 'v2', projected: { sources: [{ configMap: { name: 'projected' } }] } },
    { name: 'v3', persistentVolumeClaim: { claimName: 'pvc' } },
    { name: 'v4', ephemeral: {} },
  ],
}

function graph(): NodeGraph {
  const made = new NodeGraph()
  made.set('Pod', pod('p', 'n1', full))
  made.set(
    'Pod',
    pod('mirror', 'n1', { serviceAccountName: 'mirrored' }, { annotations: { 'kubernetes.io/config.mirror': '' } }),
  )
  made.set('PersistentVolume', {
    metadata: { name: 'pv' },
    spec: {
      claimRef: { namespace: 'ns', name: 'pvc' },
      csi: {
        nodeStageSecretRef: { namespace: 'ns', name: 'stage' },
        controllerPublishSecretRef: { namespace: 'ns', name: 'controller' },
      },
    },
  })
  made.set('VolumeAttachment', { metadata: { name: 'va' }, spec: { nodeName: 'n1' } })
  made.set('ResourceSlice', { metadata: { name: 'slice' }, spec: { nodeName: 'n1' } })
  return made
}

function ask(request: string, who = 'system:node:n1', groups = ['system:nodes']): string {
  const [verb, group, what, namespace, name, fieldSelector] = request.split(' ') as [
    string,
    string,
    string,
    string,
    string,
    string?,
  ]
  const [resource, subresource = ''] = what.split('/')
  const attributes: Attributes = {
    user: { name: who, groups },
    verb,
    isResourceRequest: true,
    apiGroup: group === '-' ? '' : group,
    apiVersion: 'v1',
    resource: resource!,
    subresource,
    namespace: namespace === '-' ? '' : namespace,
    name: name === '-' ? '' : name,
    path: '',
    fieldSelector: fieldSelector ?? '',
    labelSelector: '',
  }
  const rules = [{ verbs: ['get', 'list', 'watch'], apiGroups: [''], resources: ['services'] }]
  const decision = nodeAuthorizer(graph(), rules, () => true).authorize(attributes) as {
    verdict: string
    reason: string
  }
  return decision.verdict === 'allow' ? 'allow' : decision.reason
}

const unrelated = "no relationship found between node 'n1' and this object"
const rows: [string, string][] = [
  ...['pull', 'env', 's1', 'stage'].map((name): [string, string] => [`get - secrets ns ${name}`, 'allow']),
  ...['from', 'projected'].map((name): [string, string] => [`watch - configmaps ns ${name}`, 'allow']),
  ['get - secrets ns other', unrelated],
  ['get - secrets ns controller', unrelated],
  ['get - secrets other s1', unrelated],
  ['list - secrets ns -', 'No Object name found'],
  ['delete - secrets ns s1', 'can only read resources of this type'],
  ['create - configmaps ns -', 'can only read resources of this type'],
  ['list - secrets - -', 'can only read namespaced object of this type'],
  ['get - persistentvolumeclaims ns pvc', 'allow'],
  ['get - persistentvolumeclaims ns p-v4', 'allow'],
  ['patch - persistentvolumeclaims/status ns pvc', 'allow'],
  ['list - persistentvolumeclaims ns -', 'can only get individual resources of this type'],
  ['get - persistentvolumes - pv', 'allow'],
  ['get - persistentvolumes - other', unrelated],
  ['get storage.k8s.io volumeattachments - va', 'allow'],
  ['get - serviceaccounts ns sa', 'allow'],
  ['create - serviceaccounts/token ns sa', 'allow'],
  ['create - serviceaccounts/token ns mirrored', unrelated],
  ['create - serviceaccounts ns -', 'can only create tokens for individual service accounts'],
  ['update coordination.k8s.io leases kube-node-lease n1', 'allow'],
  [
    'update coordination.k8s.io leases kube-node-lease n2',
    'can only access node lease with the same name as the requesting node',
  ],
  ['update coordination.k8s.io leases ns n1', 'can only access leases in the "kube-node-lease" system namespace'],
  ['get storage.k8s.io csinodes - n1', 'allow'],
  ['get storage.k8s.io csinodes - other', 'can only access CSINode with the same name as the requesting node'],
  ['get resource.k8s.io resourceslices - slice', 'allow'],
  ['list resource.k8s.io resourceslices - - spec.nodeName=n1', 'allow'],
  [
    'list resource.k8s.io resourceslices - -',
    'can only list/watch/deletecollection resourceslices with nodeName field selector',
  ],
  ['list - nodes - -', "node 'n1' cannot read all nodes, only its own Node object"],
  ['get - nodes - n2', "node 'n1' cannot read 'n2', only its own Node object"],
  ['get - nodes - n1', 'allow'],
  ['delete - nodes - n1', ''],
  ['patch - nodes/status - n2', 'allow'],
  ['get - pods ns p', 'allow'],
  ['get - pods ns mirror', 'allow'],
  ['get - pods ns other', unrelated],
  ['list - pods ns -', 'can only list/watch pods with spec.nodeName field selector'],
  ['list - pods - - spec.nodeName=n1', 'allow'],
  ['list - pods - - spec.nodeName=n2', 'can only list/watch pods with spec.nodeName field selector'],
  ['patch - pods ns p', ''],
  ['patch - pods/status ns p', 'allow'],
  ['list - services - -', 'allow'],
  ['delete - services ns x', ''],
]

describe('the node authorizer', () => {
  test.each(rows)('%s', (request, want) => expect(ask(request)).toBe(want))

  test('has no opinion on others', () => {
    expect(ask('get - pods ns p', 'jane')).toBe('')
    expect(ask('get - pods ns p', 'system:node:n1', [])).toBe('')
    expect(ask('get - secrets ns s1', 'system:node:n2')).toBe("no relationship found between node 'n2' and this object")
    expect(ask('get - pods ns p', 'system:node:')).toBe('unknown node for user "system:node:"')
  })

  test('forgets what a changed or deleted object said, not what others say', () => {
    const made = new NodeGraph()
    made.set('Pod', pod('a', 'n1', { serviceAccountName: 'sa' }))
    made.set('Pod', pod('b', 'n1', { serviceAccountName: 'sa' }))
    made.set('Pod', pod('a', 'n1', { serviceAccountName: 'sa' }))
    made.delete('Pod', 'ns', 'b')
    expect(made.reaches('serviceaccount/ns/sa', 'n1')).toBe(true)
    made.set('Pod', pod('a', 'n2', { serviceAccountName: 'sa' }))
    expect([made.reaches('serviceaccount/ns/sa', 'n1'), made.reaches('serviceaccount/ns/sa', 'n2')]).toEqual([
      false,
      true,
    ])
    made.delete('Pod', 'ns', 'a')
    expect(made.reaches('serviceaccount/ns/sa', 'n2')).toBe(false)
  })
})

import { expect, test } from 'vitest'
import { internalForm } from './internal-form.js'

const printed = (value: unknown, type: string): string => JSON.stringify(internalForm(value, type))

test.each<[why: string, type: string, value: unknown, expected: string]>([
  [
    'keeps empty fields',
    'storage.v1.VolumeAttachmentSpec',
    { attacher: 'a' },
    '{"Attacher":"a","Source":{"PersistentVolumeName":null,"InlineVolumeSpec":null},"NodeName":""}',
  ],
  [
    'takes nothing for what is empty',
    'core.v1.NodeSelectorTerm',
    undefined,
    '{"MatchExpressions":null,"MatchFields":null}',
  ],
  [
    'sorts the keys of maps',
    'core.v1.ResourceRequirements',
    { limits: { memory: '1Gi', cpu: '1' } },
    '{"Limits":{"cpu":"1","memory":"1Gi"},"Requests":null,"Claims":null}',
  ],
  [
    'leaves types of meta/v1 as they are, but for the order of maps',
    'core.v1.PodAffinityTerm',
    { labelSelector: { matchLabels: { c: 'd', a: 'b' } }, topologyKey: 'zone' },
    '{"LabelSelector":{"matchLabels":{"a":"b","c":"d"}},"Namespaces":null,"TopologyKey":"zone","NamespaceSelector":null,' +
      '"MatchLabelKeys":null,"MismatchLabelKeys":null}',
  ],
  ['knows an empty port', 'core.v1.TCPSocketAction', {}, '{"Port":0,"Host":""}'],
])('%s', (_why, type, value, expected) => {
  expect(printed(value, type)).toBe(expected)
})

test('the metadata of a template lies embedded', () => {
  const template = { metadata: { labels: { a: 'b' } }, spec: {} }
  expect(printed(template, 'resource.v1.ResourceClaimTemplateSpec')).toMatch(/^\{"labels":\{"a":"b"\},"Spec":/)
  expect(printed(template, 'core.v1.PodTemplateSpec')).toMatch(/^\{"labels":\{"a":"b"\},"Spec":/)
})

test('what the pod spec says of host namespaces is in its security context', () => {
  const form = internalForm({ hostNetwork: true }, 'core.v1.PodSpec') as Record<string, unknown>
  expect(form).not.toHaveProperty('HostNetwork')
  expect(form.SecurityContext).toMatchObject({ HostNetwork: true, HostPID: false, ShareProcessNamespace: null })
  const order = Object.keys(form)
  expect(order.indexOf('PreemptionPolicy')).toBe(order.indexOf('Priority') + 1)
})

import type { KubeObject } from '../../api/index.js'
import { type Pod, podOf } from './pod.js'

const inTemplate = (object: KubeObject) => object.spec?.template

const templates: ReadonlyMap<string, (object: KubeObject) => KubeObject | undefined> = new Map<
  string,
  (object: KubeObject) => KubeObject | undefined
>([
  ['/podtemplates', (object) => object.template ?? {}],
  ['/replicationcontrollers', inTemplate],
  ['apps/replicasets', inTemplate],
  ['apps/deployments', inTemplate],
  ['apps/statefulsets', inTemplate],
  ['apps/daemonsets', inTemplate],
  ['batch/jobs', inTemplate],
  ['batch/cronjobs', (object) => object.spec?.jobTemplate?.spec?.template],
])

/** Whether objects of a resource (`group/plural`) make pods after a template. */
export const hasTemplate = (resource: string): boolean => templates.has(resource)

/** The pods that an object would make. */
export function templateOf(resource: string, object: KubeObject): Pod | undefined {
  const template = templates.get(resource)?.(object)
  return template === undefined ? undefined : podOf(template.metadata?.annotations, template.spec)
}

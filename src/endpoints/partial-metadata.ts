import type { KubeObject } from '../api/index.js'
import type { Transform } from './negotiate.js'

/** An object reduced to its metadata, as garbage collectors and caches of metadata ask for it. */
export const partialMetadata = (object: KubeObject, version: Transform['version']): KubeObject => ({
  kind: 'PartialObjectMetadata',
  apiVersion: `meta.k8s.io/${version}`,
  metadata: ownMetadata(object),
})

/** Annotations that stand for fields of old versions: upstream reduces its internal types, which have the fields instead. */
const annotationsForFields: ReadonlyMap<string, string> = new Map([
  ['apps/v1 DaemonSet', 'deprecated.daemonset.template.generation'],
  ['apps/v1 Deployment', 'deprecated.deployment.rollback.to'],
])

function ownMetadata({ apiVersion, kind, metadata }: KubeObject): KubeObject['metadata'] {
  const hidden = annotationsForFields.get(`${apiVersion} ${kind}`)
  if (hidden === undefined || metadata.annotations?.[hidden] === undefined) return metadata
  const { annotations, ...others } = metadata
  const { [hidden]: _, ...rest } = annotations ?? {}
  if (Object.keys(rest).length === 0) return others
  return Object.fromEntries(
    Object.entries(metadata).map(([name, value]) => [name, name === 'annotations' ? rest : value]),
  )
}

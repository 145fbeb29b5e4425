import type { KubeObject } from '../api/index.js'
import type { Transform } from './negotiate.js'

/** An object reduced to its metadata, as garbage collectors and caches of metadata ask for it. */
export const partialMetadata = (object: KubeObject, version: Transform['version']): KubeObject => ({
  kind: 'PartialObjectMetadata',
  apiVersion: `meta.k8s.io/${version}`,
  metadata: object.metadata,
})

import { equalJson, type KubeObject } from '../../api/index.js'
import type { Loopback } from '../loopback.js'

const group = 'flowcontrol.apiserver.k8s.io'
const autoUpdate = 'apf.kubernetes.io/autoupdate-spec'
const mandatory = new Set(['exempt', 'catch-all'])

/**
 * The flow schemas and priority levels that every cluster starts with. The spec of a suggested one is kept up to date as
 * long as its annotation says so, or, without an annotation, as nobody has changed it; mandatory ones are always put right.
 * Source: apiserver pkg/apis/flowcontrol/bootstrap, kubernetes pkg/registry/flowcontrol/ensurer.
 */
export async function ensureFlowControl(loopback: Loopback): Promise<void> {
  const [levels, schemas] = await Promise.all([
    import('./data/priority-levels.json', { with: { type: 'json' } }),
    import('./data/flow-schemas.json', { with: { type: 'json' } }),
  ])
  await ensureAll(loopback, `${group}/prioritylevelconfigurations`, levels.default as unknown as KubeObject[])
  await ensureAll(loopback, `${group}/flowschemas`, schemas.default as unknown as KubeObject[])
}

async function ensureAll(loopback: Loopback, resource: string, objects: readonly KubeObject[]): Promise<void> {
  if (!loopback.serves(resource)) return
  await Promise.all(
    objects.map((object) =>
      loopback.reconcile(resource, object, (stored, wanted) => {
        const name = wanted.metadata.name ?? ''
        if (!mandatory.has(name) && !keepsUp(stored)) return stored
        if (equalJson(stored.spec, wanted.spec)) return stored
        return { ...stored, spec: wanted.spec }
      }),
    ),
  )
}

function keepsUp({ metadata }: KubeObject): boolean {
  const annotation = metadata.annotations?.[autoUpdate]
  return annotation === undefined ? metadata.generation === 1 : annotation === 'true'
}

/** system-node-critical and system-cluster-critical. Source: kubernetes pkg/registry/scheduling/rest. */
export async function ensurePriorityClasses(loopback: Loopback): Promise<void> {
  if (!loopback.serves('scheduling.k8s.io/priorityclasses')) return
  const classes = await import('./data/priority-classes.json', { with: { type: 'json' } })
  await Promise.all(
    (classes.default as unknown as KubeObject[]).map((object) =>
      loopback.ensure('scheduling.k8s.io/priorityclasses', object),
    ),
  )
}

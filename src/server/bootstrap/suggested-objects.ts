import { equalJson, type KubeObject } from '../../api/index.js'
import type { Loopback } from '../loopback.js'

const group = 'flowcontrol.apiserver.k8s.io'
const producer = 'api-priority-and-fairness-config-producer-v1'
const autoUpdate = 'apf.kubernetes.io/autoupdate-spec'
const mandatory = new Set(['exempt', 'catch-all'])

/**
 * The flow schemas and priority levels that every cluster starts with. The spec of a suggested one is kept up to date as
 * long as its annotation says so, or, without an annotation, as nobody has changed it; mandatory ones are always put right.
 * What carries the annotation and is not among them is left from another release, and goes.
 * Source: apiserver pkg/apis/flowcontrol/bootstrap, kubernetes pkg/registry/flowcontrol/ensurer.
 */
export async function ensureFlowControl(loopback: Loopback): Promise<void> {
  const [levels, schemas] = await Promise.all([
    import('./data/priority-levels.json', { with: { type: 'json' } }),
    import('./data/flow-schemas.json', { with: { type: 'json' } }),
  ])
  await keepAll(loopback, `${group}/prioritylevelconfigurations`, levels.default as unknown as KubeObject[])
  await keepAll(loopback, `${group}/flowschemas`, schemas.default as unknown as KubeObject[])
}

async function keepAll(loopback: Loopback, resource: string, objects: readonly KubeObject[]): Promise<void> {
  if (!loopback.serves(resource)) return
  await Promise.all(
    objects.map(async (object) => {
      const stored = loopback.find(resource, '', object.metadata.name ?? '')
      if (stored !== undefined && revised(stored, loopback.completed(resource, object)) === undefined) return
      await loopback.reconcile(resource, object, (old, wanted) => revised(old, wanted) ?? old, producer)
    }),
  )
  const names = new Set(objects.map(({ metadata }) => metadata.name))
  for (const { metadata } of loopback.list(resource))
    if (!names.has(metadata.name) && parseBool(metadata.annotations?.[autoUpdate]) === true)
      await loopback.delete(resource, '', metadata.name ?? '', metadata.uid ?? '')
}

/** What has to become of a stored object; undefined: it may stay as it is. */
function revised(stored: KubeObject, wanted: KubeObject): KubeObject | undefined {
  const { metadata } = stored
  const annotation = parseBool(metadata.annotations?.[autoUpdate])
  const keepsUp = mandatory.has(metadata.name ?? '') || (annotation ?? metadata.generation === 1)
  // How many seats the exempt get and lend is for people to say.
  const spec = stored.spec?.exempt && wanted.spec?.exempt ? { ...wanted.spec, exempt: stored.spec.exempt } : wanted.spec
  const isStale = keepsUp && !equalJson(stored.spec, spec)
  if (annotation === keepsUp && !isStale) return undefined
  const annotations = { ...metadata.annotations, [autoUpdate]: String(keepsUp) }
  return {
    ...stored,
    metadata: annotation === keepsUp ? metadata : { ...metadata, annotations },
    ...(isStale ? { spec } : {}),
  }
}

/** As Go reads a bool; undefined: it is none. */
function parseBool(text: string | undefined): boolean | undefined {
  if (text === undefined) return undefined
  if (/^(1|t|T|TRUE|true|True)$/.test(text)) return true
  return /^(0|f|F|FALSE|false|False)$/.test(text) ? false : undefined
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

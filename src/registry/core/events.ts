import {
  byteLength,
  equalJson,
  type FieldErrors,
  immutable,
  isDns1123Subdomain,
  type KubeObject,
  qualifiedName,
  validateObjectMeta,
} from '../../api/index.js'
import { internalForm } from '../internal-form.js'
import { validateKubeFinalizers } from '../kube-finalizers.js'
import type { ResourceRules } from '../rules.js'

/** Both groups keep their events in one place, in the core form; what each lets its clients do differs. */
const shared: ResourceRules = {
  ownMetadata: true,
  allowCreateOnUpdate: true,
  garbageCollection: 'unsupported',
  fields: {
    'involvedObject.kind': (event) => event.involvedObject?.kind ?? '',
    'involvedObject.namespace': (event) => event.involvedObject?.namespace ?? '',
    'involvedObject.name': (event) => event.involvedObject?.name ?? '',
    'involvedObject.uid': (event) => event.involvedObject?.uid ?? '',
    'involvedObject.apiVersion': (event) => event.involvedObject?.apiVersion ?? '',
    'involvedObject.resourceVersion': (event) => event.involvedObject?.resourceVersion ?? '',
    'involvedObject.fieldPath': (event) => event.involvedObject?.fieldPath ?? '',
    reason: (event) => event.reason ?? '',
    reportingComponent: (event) => event.reportingComponent ?? '',
    source: (event) => event.source?.component || (event.reportingComponent ?? ''),
    type: (event) => event.type ?? '',
  },
}

/** Events of the core group stay as lenient as they have always been. */
export const coreEvents: ResourceRules = {
  ...shared,
  name: 'pathSegment',
  validate: (event, errors) => validateLegacy(event, 'reportingComponent', errors),
  validateUpdate: (event, _, errors) => validateLegacy(event, 'reportingComponent', errors),
}

/** Events of events.k8s.io: complete when they are made, and only their series changes afterwards. */
export const newEvents: ResourceRules = {
  ...shared,
  fieldLabels: {
    reason: 'reason',
    'regarding.kind': 'involvedObject.kind',
    'regarding.namespace': 'involvedObject.namespace',
    'regarding.name': 'involvedObject.name',
    'regarding.uid': 'involvedObject.uid',
    'regarding.apiVersion': 'involvedObject.apiVersion',
    'regarding.resourceVersion': 'involvedObject.resourceVersion',
    'regarding.fieldPath': 'involvedObject.fieldPath',
    reportingController: 'reportingComponent',
    type: 'type',
  },
  validate(event, errors) {
    validateLegacy(event, 'reportingController', errors)
    validateObjectMeta(event.metadata, { namespaced: true, name: 'dns1123Subdomain' }, 'metadata', errors)
    validateKubeFinalizers(event.metadata, errors)
    validateSeries(event, errors)
    if (!event.eventTime) errors.required('eventTime')
    const type = event.type ?? ''
    if (type !== 'Normal' && type !== 'Warning') errors.invalid('type', '', `has invalid value: ${type}`)
    const source = event.source
    const set: readonly (readonly [string, unknown])[] = [
      ['firstTimestamp', event.firstTimestamp],
      ['lastTimestamp', event.lastTimestamp],
      ['count', event.count],
      ['source', source?.component || source?.host],
    ]
    for (const [field, value] of set) if (value) errors.invalid(field, '', 'needs to be unset')
  },
  // What upstream asks again of the metadata in between is asked before.
  validateUpdate(event, old, errors) {
    validateLegacy(event, 'reportingController', errors)
    validateKubeFinalizers(event.metadata, errors)
    if (!equalJson(event.series ?? undefined, old.series ?? undefined)) validateSeries(event, errors)
    for (const field of fixed) keep(event, old, field, errors)
    if (micros(event.eventTime) !== micros(old.eventTime)) keep(event, old, 'eventTime', errors)
    for (const field of ['action', 'related'] as const) keep(event, old, field, errors)
    const controller: string = event.reportingComponent ?? ''
    immutable(errors, 'reportingController', controller, old.reportingComponent ?? '')
    keep(event, old, 'reportingInstance', errors)
  },
}

/** In upstream's order; it looks at the reason twice. */
const fixed = [
  'involvedObject',
  'reason',
  'message',
  'source',
  'firstTimestamp',
  'lastTimestamp',
  'count',
  'reason',
  'type',
] as const

const structures: Readonly<Record<string, string>> = {
  involvedObject: 'core.v1.ObjectReference',
  related: 'core.v1.ObjectReference',
  source: 'core.v1.EventSource',
}

/** What upstream holds where a field is absent; strings are empty. */
const absent: Readonly<Record<string, unknown>> = {
  involvedObject: {},
  related: null,
  source: {},
  count: 0,
  firstTimestamp: null,
  lastTimestamp: null,
  eventTime: null,
}

function keep(event: KubeObject, old: KubeObject, field: string, errors: FieldErrors): void {
  const none = field in absent ? absent[field] : ''
  const value = event[field] ?? none
  if (equalJson(value, old[field] ?? none)) return
  const type = structures[field]
  errors.invalid(field, type === undefined || value === null ? value : internalForm(value, type), 'field is immutable')
}

/** Times are compared to the microsecond: what is finer was lost by some clients. */
function micros(time: string | null | undefined): string {
  if (!time) return ''
  const fraction = /\.(\d{1,6})/.exec(time)?.[1] ?? ''
  return `${Math.floor(Date.parse(time) / 1000)}.${fraction.padEnd(6, '0')}`
}

function validateSeries(event: KubeObject, errors: FieldErrors): void {
  const series = event.series
  if (series == null) return
  if ((series.count ?? 0) < 2) errors.invalid('series.count', '', 'should be at least 2')
  if (!series.lastObservedTime) errors.required('series.lastObservedTime')
}

/** What all events must be. Source: pkg/apis/core/validation/events.go, legacyValidateEvent. */
function validateLegacy(event: KubeObject, controllerField: string, errors: FieldErrors): void {
  const namespace = event.metadata.namespace ?? ''
  const involved: string = event.involvedObject?.namespace ?? ''
  const elsewhere = (): void => errors.invalid('involvedObject.namespace', involved, 'does not match event.namespace')
  if (!event.eventTime) {
    const fits = involved === '' ? namespace === '' || namespace === 'default' : namespace === involved
    if (!fits) elsewhere()
  } else {
    if (involved === '' && namespace !== 'default' && namespace !== 'kube-system') elsewhere()
    const controller: string = event.reportingComponent ?? ''
    if (controller === '') errors.required(controllerField)
    qualifiedName(errors, controllerField, controller)
    for (const field of ['reportingInstance', 'action', 'reason'] as const) {
      const value: string = event[field] ?? ''
      if (value === '') errors.required(field)
      atMost(value, 128, field, errors)
    }
    atMost(event.message ?? '', 1024, 'message', errors)
  }
  for (const wrong of isDns1123Subdomain(namespace)) errors.invalid('namespace', namespace, wrong)
}

function atMost(value: string, max: number, path: string, errors: FieldErrors): void {
  if (byteLength(value) > max) errors.invalid(path, '', `can have at most ${max} characters`)
}

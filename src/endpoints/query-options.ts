import { badRequest, FieldErrors, invalid } from '../api/index.js'

/** The parameters of reads of several objects, as sent; validated by `listOptions`. Strings are empty where nothing was sent. */
export interface ListQuery {
  readonly watch: boolean
  readonly resourceVersion: string
  readonly resourceVersionMatch: string
  readonly limit: number
  readonly continue: string
  readonly labelSelector: string
  readonly fieldSelector: string
  readonly allowWatchBookmarks: boolean
  readonly sendInitialEvents: boolean | undefined
  /** False: no bookmark tells the end of initial events. Default: true. */
  readonly marksEnd?: false
  readonly timeoutSeconds: number | undefined
}

/** The parameters of writes. */
export interface WriteQuery {
  readonly dryRun: boolean
  readonly fieldManager: string
  readonly fieldValidation: 'Ignore' | 'Warn' | 'Strict'
  /** Those of them that were sent, as admission is told. */
  readonly sent: Readonly<Record<string, unknown>>
}

/** metav1.DeleteOptions, from the query or a body. */
export interface DeleteQuery {
  readonly gracePeriodSeconds?: number
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string }
  readonly orphanDependents?: boolean
  readonly propagationPolicy?: string
  readonly dryRun?: readonly string[]
  /** Delete what cannot be read, with nothing of a deletion's usual course. Behind a feature gate. */
  readonly ignoreStoreReadErrorWithClusterBreakingPotential?: boolean
}

/**
 * Reads the ListOptions of a query. Throws ApiError: BadRequest where a number is none, Invalid where parameters contradict
 * each other. Source: apimachinery pkg/apis/meta/internalversion/validation.
 */
export function listOptions(query: URLSearchParams, watching: boolean, watchList = (): boolean => true): ListQuery {
  const watch = watching || booleanOf(query, 'watch') === true
  const options = {
    watch,
    resourceVersion: query.get('resourceVersion') ?? '',
    resourceVersionMatch: query.get('resourceVersionMatch') ?? '',
    limit: integerOf(query, 'limit') ?? 0,
    continue: query.get('continue') ?? '',
    labelSelector: query.get('labelSelector') ?? '',
    fieldSelector: query.get('fieldSelector') ?? '',
    allowWatchBookmarks: booleanOf(query, 'allowWatchBookmarks') ?? false,
    sendInitialEvents: booleanOf(query, 'sendInitialEvents'),
    timeoutSeconds: integerOf(query, 'timeoutSeconds'),
  }
  const fromScratch = /^0*$/.test(options.resourceVersion)
  const marks = !watch || watchList()
  const defaulted: ListQuery =
    watch && fromScratch && options.sendInitialEvents === undefined && options.resourceVersionMatch === ''
      ? {
          ...options,
          sendInitialEvents: true,
          resourceVersionMatch: 'NotOlderThan',
          ...(marks ? {} : { marksEnd: false }),
        }
      : options
  const errors = new FieldErrors()
  if (watch) validateWatch(defaulted, errors, marks || defaulted !== options)
  else validateList(defaulted, errors)
  if (!errors.empty) throw invalid({ group: 'meta.k8s.io', kind: 'ListOptions' }, '', errors)
  return defaulted
}

const matchField = 'resourceVersionMatch'

function validateList(options: ListQuery, errors: FieldErrors): void {
  const match = options.resourceVersionMatch
  if (match !== '') {
    if (options.resourceVersion === '')
      errors.forbidden(matchField, 'resourceVersionMatch is forbidden unless resourceVersion is provided')
    if (options.continue !== '')
      errors.forbidden(matchField, 'resourceVersionMatch is forbidden when continue is provided')
    if (match !== 'Exact' && match !== 'NotOlderThan')
      errors.notSupportedInOrder(matchField, match, ['Exact', 'NotOlderThan', ''])
    if (match === 'Exact' && options.resourceVersion === '0')
      errors.forbidden(matchField, 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"')
  }
  if (options.sendInitialEvents !== undefined)
    errors.forbidden('sendInitialEvents', 'sendInitialEvents is forbidden for list')
}

function validateWatch(options: ListQuery, errors: FieldErrors, mayAsk: boolean): void {
  const match = options.resourceVersionMatch
  if (options.sendInitialEvents !== undefined && match !== 'NotOlderThan')
    errors.forbidden(matchField, 'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan')
  if (options.sendInitialEvents !== undefined && !mayAsk)
    errors.forbidden(
      'sendInitialEvents',
      'sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled',
    )
  if (match === '') return
  if (options.sendInitialEvents === undefined)
    errors.forbidden(matchField, 'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided')
  if (match !== 'NotOlderThan') errors.notSupportedInOrder(matchField, match, ['NotOlderThan'])
  if (options.continue !== '')
    errors.forbidden(matchField, 'resourceVersionMatch is forbidden when continue is provided')
}

/** The DeleteOptions that a query alone gives. */
export function deleteOptions(query: URLSearchParams): DeleteQuery {
  const gracePeriodSeconds = integerOf(query, 'gracePeriodSeconds')
  const orphanDependents = booleanOf(query, 'orphanDependents')
  const propagationPolicy = query.get('propagationPolicy')
  const dryRun = query.getAll('dryRun')
  const ignoreStoreReadErrorWithClusterBreakingPotential = booleanOf(
    query,
    'ignoreStoreReadErrorWithClusterBreakingPotential',
  )
  // Empty parameters are as good as none.
  const uid = query.get('uid') || undefined
  const resourceVersion = query.get('resourceVersion') || undefined
  const preconditions = { ...(uid && { uid }), ...(resourceVersion && { resourceVersion }) }
  return {
    ...(uid === undefined && resourceVersion === undefined ? {} : { preconditions }),
    ...(gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds }),
    ...(orphanDependents === undefined ? {} : { orphanDependents }),
    ...(propagationPolicy === null ? {} : { propagationPolicy }),
    ...(dryRun.length === 0 ? {} : { dryRun }),
    ...(ignoreStoreReadErrorWithClusterBreakingPotential === undefined
      ? {}
      : { ignoreStoreReadErrorWithClusterBreakingPotential }),
  }
}

export const unsafeOption = 'ignoreStoreReadErrorWithClusterBreakingPotential'

/** @param unsafe the option to ignore read errors is on. Source: apimachinery pkg/apis/meta/v1/validation. */
export function validateDeleteOptions(options: DeleteQuery, unsafe = false): void {
  const errors = new FieldErrors()
  const { propagationPolicy: policy } = options
  if (policy !== undefined && options.orphanDependents !== undefined)
    errors.invalid('propagationPolicy', policy, 'orphanDependents and deletionPropagation cannot be both set')
  if (policy !== undefined && policy !== 'Foreground' && policy !== 'Background' && policy !== 'Orphan')
    errors.notSupportedInOrder('propagationPolicy', policy, ['Foreground', 'Background', 'Orphan', 'nil'])
  validateDryRun(options.dryRun ?? [], errors)
  if (unsafe) {
    const alone = (given: boolean, name: string): void => {
      if (given) errors.invalid(unsafeOption, true, `cannot be set together with .${name}`)
    }
    alone((options.dryRun?.length ?? 0) > 0, 'dryRun')
    alone(policy !== undefined, 'propagationPolicy')
    alone(options.orphanDependents !== undefined, 'orphanDependents')
    alone(options.gracePeriodSeconds !== undefined, 'gracePeriodSeconds')
    alone(options.preconditions !== undefined, 'preconditions')
  }
  if (!errors.empty) throw invalid({ group: 'meta.k8s.io', kind: 'DeleteOptions' }, '', errors)
}

/** Reads CreateOptions, UpdateOptions or PatchOptions; `kind` names them in errors. */
export function writeOptions(
  query: URLSearchParams,
  kind: 'CreateOptions' | 'UpdateOptions' | 'PatchOptions',
  validateManager: (manager: string, errors: FieldErrors) => void,
  checkMore?: (errors: FieldErrors) => void,
): WriteQuery {
  const errors = new FieldErrors()
  const dryRun = query.getAll('dryRun')
  const fieldManager = query.get('fieldManager') ?? ''
  const fieldValidation = query.get('fieldValidation') ?? ''
  checkMore?.(errors)
  validateManager(fieldManager, errors)
  validateDryRun(dryRun, errors)
  if (fieldValidation !== '' && !isDirective(fieldValidation))
    errors.notSupportedInOrder('fieldValidation', fieldValidation, ['', 'Ignore', 'Strict', 'Warn'])
  if (!errors.empty) throw invalid({ group: 'meta.k8s.io', kind }, '', errors)
  return {
    dryRun: dryRun.length > 0,
    fieldManager,
    fieldValidation: isDirective(fieldValidation) ? fieldValidation : 'Warn',
    sent: {
      ...(dryRun.length === 0 ? {} : { dryRun }),
      ...(fieldManager === '' ? {} : { fieldManager }),
      ...(fieldValidation === '' ? {} : { fieldValidation }),
    },
  }
}

const isDirective = (text: string): text is WriteQuery['fieldValidation'] =>
  text === 'Ignore' || text === 'Warn' || text === 'Strict'

function validateDryRun(dryRun: readonly string[], errors: FieldErrors): void {
  if (dryRun.some((value) => value !== 'All')) errors.notSupportedInOrder('dryRun', dryRun, ['All'])
}

/** Go's idea of a query boolean: present is true, unless it says "false", in whatever case, or "0". */
export function booleanOf(query: URLSearchParams, name: string): boolean | undefined {
  const value = query.get(name)
  return value === null ? undefined : value !== '0' && value.toLowerCase() !== 'false'
}

const maxInt64 = 9223372036854775807n

export function integerOf(query: URLSearchParams, name: string): number | undefined {
  const value = query.get(name)
  if (value === null) return undefined
  const fail = (why: string) => badRequest(`strconv.ParseInt: parsing ${JSON.stringify(value)}: ${why}`)
  if (!/^[+-]?\d+$/.test(value)) throw fail('invalid syntax')
  const exact = BigInt(value.replace('+', ''))
  if (exact > maxInt64 || exact < -maxInt64 - 1n) throw fail('value out of range')
  return Number(exact)
}

import { type FieldFacts, facts } from '../../api/index.js'
import type { Json, OpenApiVersion } from './definitions.js'
import type { Descriptions } from './descriptions.js'

/** A path or query parameter of an operation. */
export interface Parameter {
  readonly name: string
  readonly in: 'path' | 'query'
  readonly type: 'string' | 'boolean' | 'integer'
  readonly required: boolean
  /** Under which version 2 keeps it in its list of shared parameters; absent: it stands in every operation. */
  readonly shared?: string
  /** Where it is not the same for all operations. */
  readonly text?: string
}

/** A request body. */
export interface Body {
  /** The type of the facts. */
  readonly ref: string
  readonly required: boolean
  readonly shared?: string
}

// The names of shared parameters end in a hash of the parameter with its description, as kube-openapi
// pkg/builder/parameters.go makes it. Clients may have generated code from them, so they are kept as constants.
const query = (name: string, type: Parameter['type'], hash?: string): Parameter => ({
  name,
  in: 'query',
  type,
  required: false,
  ...(hash !== undefined && { shared: `${name}-${hash}` }),
})

const path = (name: string, hash?: string): Parameter => ({
  ...query(name, 'string', hash),
  in: 'path',
  required: true,
})

export const nameParameter = path('name')
export const namespaceParameter = path('namespace', 'vgWSWtn3')
export const pathParameter = path('path', 'z6Ciiujn')
export const pretty = query('pretty', 'string', 'tJGM1-ng')
const dryRun = query('dryRun', 'string')

const selection: readonly Parameter[] = [
  query('continue', 'string', 'QfD61s0i'),
  query('fieldSelector', 'string', 'xIcQKXFG'),
  query('labelSelector', 'string', '5Zw57w4C'),
  query('limit', 'integer', '1NfNmdNH'),
  query('resourceVersion', 'string', '5WAnf1kx'),
  query('resourceVersionMatch', 'string', 't8XhRHeC'),
  query('sendInitialEvents', 'boolean', 'rLXlEK_k'),
  query('shardSelector', 'string', 'Kgyki_3_'),
  query('timeoutSeconds', 'integer', 'yvYezaOC'),
]
export const getParameters: readonly Parameter[] = [query('resourceVersion', 'string', '5WAnf1kx')]
export const listParameters: readonly Parameter[] = [
  query('allowWatchBookmarks', 'boolean', 'HC2hJt-J'),
  ...selection,
  query('watch', 'boolean', 'XNNPZGbK'),
]
export const deleteParameters: readonly Parameter[] = [
  dryRun,
  query('gracePeriodSeconds', 'integer', '-K5HaBOS'),
  query('ignoreStoreReadErrorWithClusterBreakingPotential', 'boolean', 'QbNkfIqj'),
  query('orphanDependents', 'boolean', 'uRB25kX5'),
  query('propagationPolicy', 'string', '6jk3prlO'),
]
export const deleteCollectionParameters: readonly Parameter[] = [...selection, ...deleteParameters]
export const writeParameters: readonly Parameter[] = [
  dryRun,
  query('fieldManager', 'string', 'Qy4HdaTW'),
  query('fieldValidation', 'string'),
]
export const patchParameters: readonly Parameter[] = [
  dryRun,
  query('fieldManager', 'string', '7c6nTn1T'),
  query('fieldValidation', 'string'),
  query('force', 'boolean', 'tOGGb0Yi'),
]
export const deleteBody: Body = { ref: 'meta.v1.DeleteOptions', required: false, shared: 'body-2Y1dVQaQ' }
export const patchBody: Body = { ref: 'meta.v1.Patch', required: true, shared: 'body-78PwaGsr' }

const optionHashes: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  PodExecOptions: {
    command: 'Py3eQybp',
    container: 'i5dOmRiM',
    stderr: 'W_1TNlWc',
    stdin: 'PSzNhyUC',
    stdout: '-EZLRwV1',
    tty: 's0flW37O',
  },
  PodAttachOptions: {
    container: '_Q-EJ3nR',
    stderr: '26jJhFUR',
    stdin: 'sEFnN3IS',
    stdout: '005YMKE6',
    tty: 'g7MlET_l',
  },
  PodLogOptions: {
    container: '1GeXxFDC',
    follow: '9OIXh_2R',
    insecureSkipTLSVerifyBackend: 'gM00jVbe',
    limitBytes: 'zwd1RXuc',
    previous: '1jxDPu3y',
    sinceSeconds: 'vE2NLdnP',
    stream: 'l-48cgXv',
    tailLines: '9xQLWHMV',
    timestamps: 'c17fW1w_',
  },
  PodPortForwardOptions: { ports: '91KROJmm' },
  PodProxyOptions: { path: 'oPbzgLUj' },
  ServiceProxyOptions: { path: 'QCf0eosM' },
  NodeProxyOptions: { path: 'rFDtV0x9' },
}

/** The parameters that an options kind of the core group stands for: those fields that fit into a query. */
export function optionParameters(kind: string): readonly Parameter[] {
  const fields = facts('core.v1').types[kind]?.fields ?? []
  return fields.flatMap((field) => {
    const type = queryType(field)
    return field.json === undefined || type === undefined
      ? []
      : [query(field.json, type, optionHashes[kind]?.[field.json])]
  })
}

function queryType({ type }: FieldFacts): Parameter['type'] | undefined {
  const bare = type.replace(/^\[\]/, '')
  if (bare === 'bool') return 'boolean'
  if (bare === 'string') return 'string'
  return bare === 'int32' || bare === 'int64' ? 'integer' : undefined
}

/** In the order of upstream: by name, path parameters before query parameters. */
export const sortParameters = (parameters: readonly Parameter[]): readonly Parameter[] =>
  parameters.toSorted((a, b) => compare(a.name, b.name) || compare(a.in, b.in))

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** @param inline false: as a reference to the shared parameter, where it is one */
export function parameterJson(
  parameter: Parameter,
  version: OpenApiVersion,
  descriptions: Descriptions | undefined,
  inline: boolean,
): Json {
  const { name, type, required, shared, text } = parameter
  if (version === 2 && shared !== undefined && !inline) return { $ref: `#/parameters/${shared}` }
  const description = descriptions === undefined ? undefined : (text ?? descriptions.parameter(name))
  const described = description === undefined ? {} : { description }
  const needed = required ? { required } : {}
  if (version === 3) return { name, in: parameter.in, ...described, ...needed, schema: { type, uniqueItems: true } }
  return { uniqueItems: true, type, ...described, name, in: parameter.in, ...needed }
}

import { isDeepStrictEqual } from 'node:util'
import type { KubeObject } from '../../api/index.js'

/** JSON of the one or the other version. */
type Values = KubeObject['spec']

export const v1beta1 = 'apiextensions.k8s.io/v1beta1'
const perVersion = ['subresources', 'additionalPrinterColumns', 'selectableFields'] as const

/**
 * A CustomResourceDefinition of v1 as kube-apiserver stores it, in v1beta1: what is the same in all versions stands there once,
 * so that a definition of many versions fits into a value of etcd. Fields are in the order of v1beta1.
 * Source: apiextensions-apiserver pkg/apis/apiextensions/v1beta1 and v1, conversion.go; kubernetes
 * pkg/controlplane/apiserver/apiextensions.go.
 */
export function definitionToV1beta1(object: KubeObject): KubeObject {
  const { group, names, scope, versions, conversion, preserveUnknownFields = false } = object.spec as Values
  const listed = versions as readonly Values[]
  const first = listed[0] ?? {}
  const shared: Values = {}
  for (const member of ['schema', ...perVersion])
    if (listed.every((version) => isDeepStrictEqual(version[member], first[member]))) shared[member] = first[member]
  const spec = {
    group,
    version: first.name,
    names,
    scope,
    validation: shared.schema,
    subresources: shared.subresources,
    versions: listed.map((version) => {
      const own: Values = { ...version }
      for (const member of Object.keys(shared)) delete own[member]
      own.additionalPrinterColumns &&= columnsToV1beta1(own.additionalPrinterColumns)
      return own
    }),
    additionalPrinterColumns: shared.additionalPrinterColumns && columnsToV1beta1(shared.additionalPrinterColumns),
    selectableFields: shared.selectableFields,
    conversion: conversionToV1beta1(conversion),
    preserveUnknownFields,
  }
  return { ...object, apiVersion: v1beta1, spec }
}

const columnsToV1beta1 = (columns: readonly Values[]): Values =>
  columns.map(({ jsonPath, ...column }) => ({ ...column, JSONPath: jsonPath }))

function conversionToV1beta1({ strategy, webhook }: Values): Values {
  const { clientConfig, conversionReviewVersions } = webhook ?? {}
  return { strategy, webhookClientConfig: clientConfig, conversionReviewVersions }
}

/** The way back: what stands once for all versions stands in each of them. */
export function definitionFromV1beta1(object: KubeObject): KubeObject {
  const { version, validation, versions, conversion, preserveUnknownFields, ...spec } = object.spec as Values
  const listed: Values[] = versions?.length > 0 ? versions : [{ name: version, served: true, storage: true }]
  const v1: Values = { ...spec }
  for (const member of perVersion) delete v1[member]
  v1.versions = listed.map((one) => {
    const { schema, ...rest } = one
    const made: Values = { ...rest }
    const described = schema ?? validation
    if (described !== undefined) made.schema = described
    for (const member of perVersion) made[member] ??= spec[member]
    const columns: Values[] | undefined = made.additionalPrinterColumns
    if (columns !== undefined)
      made.additionalPrinterColumns = columns.map(({ JSONPath, ...column }) => ({ ...column, jsonPath: JSONPath }))
    for (const member of perVersion) if (made[member] === undefined) delete made[member]
    return made
  })
  v1.conversion = conversionFromV1beta1(conversion)
  if (preserveUnknownFields ?? true) v1.preserveUnknownFields = true
  return { ...object, apiVersion: 'apiextensions.k8s.io/v1', spec: v1 }
}

function conversionFromV1beta1(conversion: Values | undefined): Values {
  if (conversion === undefined || conversion.strategy !== 'Webhook') return { strategy: 'None' }
  const { webhookClientConfig, conversionReviewVersions = ['v1beta1'] } = conversion
  const clientConfig = webhookClientConfig === undefined ? {} : { clientConfig: webhookClientConfig }
  return { strategy: 'Webhook', webhook: { ...clientConfig, conversionReviewVersions } }
}

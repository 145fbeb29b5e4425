import type { KubeObject } from '../../api/index.js'

/** JSON of the one or the other version. */
type Values = KubeObject['spec']

const perVersion = ['subresources', 'additionalPrinterColumns', 'selectableFields'] as const

/**
 * A CustomResourceDefinition as kube-apiserver stores it, in v1beta1, in v1: what stands once for all versions there stands in
 * each of them. Source: apiextensions-apiserver pkg/apis/apiextensions/v1beta1 and v1, conversion.go.
 */
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

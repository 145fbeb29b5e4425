import { definitionName, type Json, type OpenApiVersion, refPrefix } from './definitions.js'
import type { Descriptions } from './descriptions.js'
import type { Operation, PathOperations } from './operations.js'
import { type Body, type Parameter, parameterJson, sortParameters } from './parameters.js'

/** What emitting needs to know, and whom it tells. */
export interface EmitOptions {
  readonly version: OpenApiVersion
  readonly descriptions: Descriptions | undefined
  /** Called with the type of every definition that an operation names. */
  readonly used: (ref: string) => void
  /** Called with every parameter and body that version 2 keeps in its shared list. */
  readonly shared: (name: string, parameter: () => Json) => void
}

/**
 * A path item. Parameters that all operations of a path have stand beside them, once. Source: kube-openapi pkg/builder and
 * pkg/builder3.
 */
export function pathItem({ operations }: PathOperations, options: EmitOptions): Json {
  const common = commonParameters(operations)
  const item: Json = {}
  for (const operation of operations) {
    const own = operation.parameters.filter((parameter) => !common.some((other) => same(parameter, other)))
    item[operation.method] =
      options.version === 2 ? operationV2(operation, own, options) : operationV3(operation, own, options)
  }
  if (common.length > 0) item.parameters = emitParameters(common, options)
  return item
}

const same = (a: Parameter, b: Parameter): boolean => a.name === b.name && a.in === b.in

function commonParameters(operations: readonly Operation[]): readonly Parameter[] {
  const [first, ...others] = operations
  return sortParameters(
    first!.parameters.filter((parameter) =>
      others.every((operation) => operation.parameters.some((other) => same(parameter, other))),
    ),
  )
}

function emitParameters(parameters: readonly Parameter[], options: EmitOptions): readonly Json[] {
  return parameters.map((parameter) => {
    const { version, descriptions } = options
    if (parameter.shared !== undefined) {
      options.shared(parameter.shared, () => parameterJson(parameter, version, descriptions, true))
    }
    return parameterJson(parameter, version, descriptions, false)
  })
}

const successTexts: Readonly<Record<number, string>> = { 200: 'OK', 201: 'Created', 202: 'Accepted' }
const unauthorized = { description: 'Unauthorized' }

function schemaOf(ref: string | undefined, options: EmitOptions): Json {
  if (ref === undefined) return { type: 'string' }
  options.used(ref)
  return { $ref: refPrefix(options.version) + definitionName(ref) }
}

const tail = ({ action, kind }: Operation): Json => ({
  ...(action !== undefined && { 'x-kubernetes-action': action }),
  ...(kind !== undefined && {
    'x-kubernetes-group-version-kind': { group: kind.group, kind: kind.kind, version: kind.version },
  }),
})

function operationV2(operation: Operation, own: readonly Parameter[], options: EmitOptions): Json {
  const parameters = [
    ...(operation.body === undefined ? [] : [bodyV2(operation.body, options)]),
    ...emitParameters(sortParameters(own), options),
  ]
  const responses: Json = {}
  for (const [code, ref] of operation.responses) {
    responses[code] = { description: successTexts[code], schema: schemaOf(ref, options) }
  }
  responses['401'] = unauthorized
  return {
    description: operation.description,
    ...(operation.consumes.length > 0 && { consumes: operation.consumes }),
    produces: operation.produces,
    schemes: ['https'],
    tags: [operation.tag],
    operationId: operation.operationId,
    ...(parameters.length > 0 && { parameters }),
    responses,
    ...tail(operation),
  }
}

function bodyV2(body: Body, options: EmitOptions): Json {
  const make = (): Json => ({
    name: 'body',
    in: 'body',
    ...(body.required && { required: true }),
    schema: schemaOf(body.ref, options),
  })
  if (body.shared === undefined) return make()
  options.shared(body.shared, make)
  return { $ref: `#/parameters/${body.shared}` }
}

function operationV3(operation: Operation, own: readonly Parameter[], options: EmitOptions): Json {
  const parameters = emitParameters(sortParameters(own), options)
  const { body } = operation
  const responses: Json = {}
  for (const [code, ref] of operation.responses) {
    responses[code] = {
      description: successTexts[code],
      content: content(operation.produces, () => schemaOf(ref, options)),
    }
  }
  responses['401'] = unauthorized
  return {
    tags: [operation.tag],
    description: operation.description,
    operationId: operation.operationId,
    ...(parameters.length > 0 && { parameters }),
    ...(body !== undefined && {
      requestBody: {
        content: content(operation.consumes, () => schemaOf(body.ref, options)),
        ...(body.required && { required: true }),
      },
    }),
    responses,
    ...tail(operation),
  }
}

const content = (types: readonly string[], schema: () => Json): Json =>
  Object.fromEntries(types.toSorted().map((type) => [type, { schema: schema() }]))

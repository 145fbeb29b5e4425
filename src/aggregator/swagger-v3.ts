import { eachReference, isObject, type Json, members, type Swagger } from './swagger.js'

/**
 * The same parts as OpenAPI version 3 has them, for servers that know version 2 alone. What only version 3 can say is lost.
 * Source: kube-openapi pkg/openapiconv.
 */
export function swaggerV3({ paths, definitions, parameters }: Swagger): Swagger {
  return {
    paths: mapped(paths, (item) => pathItem(item, parameters)),
    definitions: mapped(definitions, withReferences),
    parameters: new Map(),
  }
}

const mapped = (from: ReadonlyMap<string, Json>, change: (value: Json) => Json): Map<string, Json> =>
  new Map(Array.from(from, ([name, value]) => [name, change(value)]))

const methods = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch']

function pathItem(item: Json, shared: Swagger['parameters']): Json {
  const out: Json = {}
  for (const method of methods) if (isObject(item[method])) out[method] = operation(item[method], shared)
  const common = parametersOf(item, shared).filter(({ in: place }) => place !== 'body')
  if (common.length > 0) out.parameters = common.map(parameter)
  return out
}

function operation(from: Json, shared: Swagger['parameters']): Json {
  const { consumes, produces, parameters: _, schemes: __, responses, ...rest } = from
  const all = parametersOf(from, shared)
  const body = all.find(({ in: place }) => place === 'body')
  const others = all.filter((each) => each !== body).map(parameter)
  return {
    ...rest,
    ...(others.length > 0 && { parameters: others }),
    ...(body !== undefined && {
      requestBody: {
        ...(typeof body.description === 'string' && { description: body.description }),
        content: content(consumes, body.schema),
        ...(body.required === true && { required: true }),
      },
    }),
    responses: Object.fromEntries(
      members(responses).map(([code, { schema, ...response }]) => [
        code,
        { ...response, ...(isObject(schema) && { content: content(produces, schema) }) },
      ]),
    ),
  }
}

/** Those that the document shares in their place. */
function parametersOf(holder: Json, shared: Swagger['parameters']): Json[] {
  const list: unknown[] = Array.isArray(holder.parameters) ? holder.parameters : []
  return list.filter(isObject).flatMap((each): Json[] => {
    if (typeof each.$ref !== 'string') return [each]
    const target = shared.get(each.$ref.replace('#/parameters/', ''))
    return target === undefined ? [] : [target]
  })
}

const plain = ['name', 'in', 'description', 'required', 'allowEmptyValue']

/** What says how a value looks moves into a schema. */
function parameter(from: Json): Json {
  const schema: Json = {}
  const out: Json = {}
  for (const [key, value] of Object.entries(from)) (plain.includes(key) ? out : schema)[key] = value
  return { ...out, schema }
}

function content(types: unknown, schema: unknown): Json {
  const list = Array.isArray(types) && types.length > 0 ? types.filter((type) => typeof type === 'string') : ['*/*']
  const converted = isObject(schema) ? withReferences(schema) : {}
  return Object.fromEntries(list.toSorted().map((type: string) => [type, { schema: converted }]))
}

function withReferences(schema: Json): Json {
  const copy = structuredClone(schema)
  eachReference(copy, (holder) => {
    holder.$ref = holder.$ref.replace('#/definitions/', '#/components/schemas/')
  })
  return copy
}

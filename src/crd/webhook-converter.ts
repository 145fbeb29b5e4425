import { randomUUID } from 'node:crypto'
import {
  ApiError,
  copyJson,
  equalJson,
  FieldErrors,
  goType,
  isObject,
  type KubeObject,
  type ObjectMeta,
  validateAnnotations,
  validateLabels,
} from '../api/index.js'
import { decodeAnswer, encodeJson, stringifyJson } from '../codec/index.js'
import type { Converter } from './conversion.js'

/** Posts a ConversionReview and gives back what is answered. Throws Error. */
export type CallWebhook = (body: Buffer) => Promise<Buffer>

/**
 * Objects are converted by a webhook: one ConversionReview for as many as there are.
 *
 * @param versions of the kind
 * @param reviews  versions of ConversionReview that the webhook understands, in its order of preference
 * @see apiextensions pkg/apiserver/conversion/webhook_converter.go
 */
export function webhookConverter(
  versions: ReadonlySet<string>,
  reviews: readonly string[],
  call: CallWebhook,
): Converter {
  const review = reviews.find((version) => version === 'v1' || version === 'v1beta1')
  return {
    immediate: false,
    convert(object, apiVersion) {
      check(object, apiVersion, versions)
      return object.apiVersion === apiVersion ? object : undefined
    },
    async convertAll(objects, apiVersion) {
      for (const object of objects) check(object, apiVersion, versions)
      const others = objects.filter((object) => object.apiVersion !== apiVersion)
      if (others.length === 0) return [...objects]
      const converted = await convertOthers(others, apiVersion, review, call)
      let next = 0
      return objects.map((object) => (object.apiVersion === apiVersion ? object : converted[next++]!))
    },
  }
}

function check({ apiVersion: from = '' }: KubeObject, to: string, versions: ReadonlySet<string>): void {
  if (!versions.has(to)) throw new ApiError('', `request to convert CR to an invalid group/version: ${to}`)
  if (!versions.has(from)) throw new ApiError('', `request to convert CR from an invalid group/version: ${from}`)
}

async function convertOthers(
  objects: readonly KubeObject[],
  apiVersion: string,
  review: string | undefined,
  call: CallWebhook,
): Promise<KubeObject[]> {
  const { apiVersion: from, kind } = objects[0]!
  const hook = `conversion webhook for ${from}, Kind=${kind}`
  const fail = (what: string): ApiError => new ApiError('', `${hook} ${what}`)
  if (review === undefined) throw new ApiError('', 'no supported conversion review versions')
  const uid = randomUUID()
  let converted: readonly unknown[]
  try {
    converted = await convertedIn(await call(reviewOf(objects, apiVersion, review, uid)), review, uid)
  } catch (error) {
    throw fail(`failed: ${(error as Error).message}`)
  }
  if (converted.length !== objects.length)
    throw fail(`returned ${converted.length} objects, expected ${objects.length}`)
  return objects.map((original, i) => accept(original, converted[i], apiVersion, i, fail))
}

function reviewOf(objects: readonly KubeObject[], desired: string, version: string, uid: string): Buffer {
  return encodeJson({
    kind: 'ConversionReview',
    apiVersion: `apiextensions.k8s.io/${version}`,
    request: { uid, desiredAPIVersion: desired, objects },
    // Upstream's conversion of the review to its version makes one of none.
    response: { uid: '', convertedObjects: null, result: { metadata: {} } },
  })
}

interface Answer {
  readonly response?: {
    readonly uid?: string
    readonly convertedObjects?: readonly unknown[] | null
    readonly result?: { readonly status?: string; readonly message?: string }
  } | null
}

/** The objects of an answer. Throws Error. */
async function convertedIn(bytes: Buffer, version: string, uid: string): Promise<readonly unknown[]> {
  const group = 'apiextensions.k8s.io'
  const asked = { group, version, kind: 'ConversionReview' }
  const { kind, apiVersion, object } = await decodeAnswer<Answer>(bytes, asked)
  const { response } = object
  // v1beta1 never asked for either.
  if (version === 'v1' && (kind !== asked.kind || apiVersion !== `${group}/v1`))
    throw new Error(
      `expected webhook response of ${group}/v1, Kind=${asked.kind}, got ${apiVersion || '/'}, Kind=${kind}`,
    )
  if (response === undefined || response === null) throw new Error('no response provided')
  if (version === 'v1' && (response.uid ?? '') !== uid)
    throw new Error(`expected response.uid=${JSON.stringify(uid)}, got ${JSON.stringify(response.uid ?? '')}`)
  const { status = '', message = '' } = response.result ?? {}
  if (status !== 'Success') throw new Error(message || `response.result.status was '${status}', not 'Success'`)
  return response.convertedObjects ?? []
}

/** A converted object, checked: of its metadata only labels and annotations may have changed. */
function accept(
  original: KubeObject,
  answer: unknown,
  apiVersion: string,
  i: number,
  fail: (what: string) => ApiError,
): KubeObject {
  const invalid = (why: string): ApiError => fail(`returned invalid object at index ${i}: ${why}`)
  const converted = readObject(answer)
  const version = textOf(converted.apiVersion)
  if (version !== apiVersion) throw invalid(`invalid groupVersion (expected ${apiVersion}, received ${version})`)
  if (converted.kind !== original.kind)
    throw invalid(`invalid kind (expected ${original.kind}, received ${converted.kind})`)
  const metadata: unknown = converted.metadata
  const told = isObject(metadata) ? metadata : {}
  for (const [field, text] of [
    ['name', 'name'],
    ['namespace', 'namespace'],
    ['uid', 'UID'],
  ] as const) {
    const [before, after] = [original.metadata[field] ?? '', textOf(told[field])]
    if (before !== after) throw fail(`returned invalid object: must have the same ${text}: ${before} != ${after}`)
  }
  if (metadata === undefined) throw fail('returned invalid metadata: missing metadata in converted object')
  if (!isObject(metadata))
    throw fail(`returned invalid metadata: invalid metadata of type ${goType(metadata)} in converted object`)
  return { ...converted, metadata: restored(original.metadata, metadata, fail) }
}

/** Reads one item of the answer as upstream reads an object without a type, in its words: what is wrong stands alone. */
function readObject(item: unknown): KubeObject {
  if (item === null || item === undefined) throw new ApiError('', 'unexpected end of JSON input')
  if (!isObject(item)) {
    const found = Array.isArray(item) ? 'array' : typeof item === 'boolean' ? 'bool' : typeof item
    const name = found === 'bigint' ? 'number' : found
    throw new ApiError('', `json: cannot unmarshal ${name} into Go value of type map[string]interface {}`)
  }
  if (textOf(item.kind) === '') throw new ApiError('', `Object 'Kind' is missing in '${stringifyJson(item)}'`)
  return item as unknown as KubeObject
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')

function restored(
  original: ObjectMeta,
  answered: Record<string, unknown>,
  fail: (what: string) => ApiError,
): ObjectMeta {
  const metadata = copyJson(original)
  for (const field of ['labels', 'annotations'] as const) {
    const given = answered[field]
    if (given === undefined || given === null) {
      delete metadata[field]
      continue
    }
    const invalid = (why: string): ApiError => fail(`returned invalid metadata: ${why}`)
    if (!isObject(given)) throw invalid(`invalid metadata.${field} of type ${goType(given)} in converted object`)
    for (const [key, value] of Object.entries(given))
      if (typeof value !== 'string')
        throw invalid(`metadata.${field}[${key}] must be a string, but is ${goType(value)} in converted object`)
    const texts = given as Record<string, string>
    if (!equalJson(texts, original[field])) {
      const errors = new FieldErrors()
      if (field === 'labels') validateLabels(texts, 'metadata.labels', errors)
      else validateAnnotations(texts, 'metadata.annotation', errors)
      if (!errors.empty) throw invalid(errors.message)
    }
    metadata[field] = texts
  }
  return metadata
}

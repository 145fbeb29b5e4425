import { ApiError, type KubeObject } from '../api/index.js'
import type { Definition } from './definition.js'

/**
 * Converts custom resources between the versions of their kind.
 * Objects given are not changed; what comes back may share structure with them.
 */
export interface Converter {
  /** `convert` always has an answer. */
  readonly immediate: boolean
  /** Now, without asking anybody; undefined: `convertAll` has to be awaited. */
  convert(object: KubeObject, apiVersion: string): KubeObject | undefined
  /** In one go, in their order. Throws ApiError. */
  convertAll(objects: readonly KubeObject[], apiVersion: string): Promise<KubeObject[]>
}

/**
 * The strategy None: versions differ in their name only.
 * @param versions that the kind has; an object of another one cannot be converted any more
 */
export function noneConverter(versions: ReadonlySet<string>): Converter {
  const convert = (object: KubeObject, apiVersion: string): KubeObject => {
    const { apiVersion: from = '' } = object
    if (from === apiVersion) return object
    if (!versions.has(apiVersion))
      throw new ApiError('', `request to convert CR to an invalid group/version: ${apiVersion}`)
    if (!versions.has(from)) throw new ApiError('', `request to convert CR from an invalid group/version: ${from}`)
    return { ...object, apiVersion }
  }
  return {
    immediate: true,
    convert,
    convertAll: async (objects, apiVersion) => objects.map((object) => convert(object, apiVersion)),
  }
}

/** `group/version` of all versions of a definition. */
export const versionsOf = ({ spec }: Definition): ReadonlySet<string> =>
  new Set(spec.versions.map(({ name }) => `${spec.group}/${name}`))

import type { KubeObject } from '../api/index.js'

/**
 * Converts custom resources between the versions of their kind.
 * Objects given are not changed; what comes back may share structure with them.
 */
export interface Converter {
  /** Now, without asking anybody; undefined: `convertAll` has to be awaited. */
  convert(object: KubeObject, apiVersion: string): KubeObject | undefined
  /** In one go, in their order. Throws ApiError. */
  convertAll(objects: readonly KubeObject[], apiVersion: string): Promise<KubeObject[]>
}

/** The strategy None: versions differ in their name only. */
export const noneConverter: Converter = {
  convert: (object, apiVersion) => (object.apiVersion === apiVersion ? object : { ...object, apiVersion }),
  convertAll: (objects, apiVersion) =>
    Promise.resolve(objects.map((object) => (object.apiVersion === apiVersion ? object : { ...object, apiVersion }))),
}

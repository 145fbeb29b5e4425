import { decodeObject } from '../decode/decode.js'
import { storedForm } from '../decode/stored-form.js'
import type { KubeObject } from '../object.js'
import { kindShape } from '../shapes.js'
import { claimFromBeta, claimToBeta, sliceFromBeta, sliceToBeta, templateFromBeta, templateToBeta } from './devices.js'
import { fromCoreEvent, toCoreEvent } from './event.js'
import { dropRoundTripAnnotations, v1ToV2, v2ToV1 } from './horizontal-pod-autoscaler.js'

type Conversion = (object: KubeObject) => KubeObject

/** Kinds whose versions differ in shape: `kind from to`. All other kinds are the same in every version that is served. */
const conversions: ReadonlyMap<string, Conversion> = new Map<string, Conversion>([
  ['HorizontalPodAutoscaler autoscaling/v1 autoscaling/v2', v1ToV2],
  ['HorizontalPodAutoscaler autoscaling/v2 autoscaling/v1', (object) => inV1(v2ToV1(object))],
  ['HorizontalPodAutoscaler autoscaling/v2 autoscaling/v2', dropRoundTripAnnotations],
  ['Event events.k8s.io/v1 v1', (object) => inShapeOf('', toCoreEvent(object))],
  ['Event v1 events.k8s.io/v1', (object) => inShapeOf('events.k8s.io', fromCoreEvent(object))],
  ['ResourceClaim resource.k8s.io/v1beta1 resource.k8s.io/v1', claimFromBeta],
  ['ResourceClaim resource.k8s.io/v1 resource.k8s.io/v1beta1', claimToBeta],
  ['ResourceClaimTemplate resource.k8s.io/v1beta1 resource.k8s.io/v1', templateFromBeta],
  ['ResourceClaimTemplate resource.k8s.io/v1 resource.k8s.io/v1beta1', templateToBeta],
  ['ResourceSlice resource.k8s.io/v1beta1 resource.k8s.io/v1', sliceFromBeta],
  ['ResourceSlice resource.k8s.io/v1 resource.k8s.io/v1beta1', sliceToBeta],
])

/**
 * Turns an object of a built-in kind into another version of its kind. The object given may be changed and is not to be used
 * afterwards. Round trips keep everything but what only upstream's annotations could carry.
 *
 * @param apiVersion of the result; where no conversion is known the object is taken to have the same shape there
 */
export function convertBuiltin(object: KubeObject, kind: string, apiVersion: string): KubeObject {
  const conversion = conversions.get(`${kind} ${object.apiVersion ?? apiVersion} ${apiVersion}`)
  const converted = conversion === undefined ? object : conversion(object)
  converted.apiVersion = apiVersion
  converted.kind = kind
  return converted
}

/** Of a version that has been decoded: a time that is null is Go's zero time and stays. */
const inV1 = (object: KubeObject): KubeObject =>
  storedForm(object, kindShape('autoscaling', 'v1', 'HorizontalPodAutoscaler')!) as KubeObject

/** Members in the order of the type, with those that are always written. Both kinds converted here are in their v1. */
function inShapeOf(group: string, object: KubeObject): KubeObject {
  const shape = kindShape(group, 'v1', object.kind ?? '')
  return shape === undefined ? object : decodeObject(object, shape)
}

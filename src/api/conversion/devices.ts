import type { KubeObject } from '../object.js'

/**
 * resource.k8s.io/v1beta1 has the members of an exact request on the request itself, and those of a device in `basic`.
 * Source: kubernetes pkg/apis/resource/v1beta1/conversion.go.
 */

type Members = Record<string, unknown>

/** Members of a request that are those of an exact one elsewhere. */
const exact = ['deviceClassName', 'selectors', 'allocationMode', 'count', 'adminAccess', 'tolerations', 'capacity']

export const claimFromBeta = (claim: KubeObject): KubeObject => withRequests(claim, claim.spec, requestFromBeta)
export const claimToBeta = (claim: KubeObject): KubeObject => withRequests(claim, claim.spec, requestToBeta)
export const templateFromBeta = (template: KubeObject): KubeObject =>
  withRequests(template, template.spec?.spec, requestFromBeta)
export const templateToBeta = (template: KubeObject): KubeObject =>
  withRequests(template, template.spec?.spec, requestToBeta)

export function sliceFromBeta(slice: KubeObject): KubeObject {
  const spec: Members = slice.spec ?? {}
  if (spec.nodeName === '') delete spec.nodeName
  if (spec.allNodes === false) delete spec.allNodes
  return withDevices(slice, ({ basic, ...device }) => ({ ...device, ...(basic as Members | undefined) }))
}

export const sliceToBeta = (slice: KubeObject): KubeObject =>
  withDevices(slice, ({ name, ...basic }) => ({ name, basic }))

function requestFromBeta(request: Members): Members {
  const { name, firstAvailable } = request
  const set = exact.filter((member) => !isZero(request[member]))
  return {
    name,
    ...(set.length === 0 ? {} : { exactly: { deviceClassName: '', ...pick(request, set) } }),
    ...(firstAvailable === undefined ? {} : { firstAvailable }),
  }
}

function requestToBeta({ name, exactly, firstAvailable }: Members): Members {
  return {
    name,
    deviceClassName: '',
    ...pick((exactly ?? {}) as Members, exact.slice(0, 5)),
    ...(firstAvailable === undefined ? {} : { firstAvailable }),
    ...pick((exactly ?? {}) as Members, exact.slice(5)),
  }
}

const isZero = (value: unknown): boolean => value === undefined || value === null || value === '' || value === 0

/** Those of the members that there are, in their order. */
const pick = (from: Members, members: readonly string[]): Members =>
  Object.fromEntries(members.filter((member) => !isZero(from[member])).map((member) => [member, from[member]]))

function withRequests(object: KubeObject, spec: KubeObject, change: (request: Members) => Members): KubeObject {
  const requests: Members[] | undefined = spec?.devices?.requests
  if (requests) spec.devices.requests = requests.map(change)
  return object
}

function withDevices(slice: KubeObject, change: (device: Members) => Members): KubeObject {
  const devices: Members[] | undefined = slice.spec?.devices
  if (devices) slice.spec.devices = devices.map(change)
  return slice
}

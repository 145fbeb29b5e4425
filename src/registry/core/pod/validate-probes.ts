import { child, type FieldErrors, isHttpHeaderName, nonNegative, portName, portNumber } from '../../../api/index.js'
import { stopSignals, windowsStopSignals } from './stop-signals.js'
import type { Container, HTTPGetAction, Lifecycle, LifecycleHandler, PodSpec, Probe } from './types.js'

/** What validation of a container's probes and hooks has to know of the pod. */
export type ProbeContext = Pick<PodSpec, 'os' | 'terminationGracePeriodSeconds'>

/** Lifecycle hooks and the three probes, of containers and sidecars. */
export function validateProbes(container: Container, pod: ProbeContext, path: string, errors: FieldErrors): void {
  const { lifecycle, livenessProbe, readinessProbe, startupProbe } = container
  if (lifecycle) validateLifecycle(lifecycle, pod, child(path, 'lifecycle'), errors)
  if (livenessProbe) validateSingleSuccessProbe(livenessProbe, child(path, 'livenessProbe'), errors)
  if (readinessProbe) {
    const at = child(path, 'readinessProbe')
    validateProbe(readinessProbe, at, errors)
    const { terminationGracePeriodSeconds: grace } = readinessProbe
    if (grace !== undefined) {
      errors.invalid(child(at, 'terminationGracePeriodSeconds'), grace, 'must not be set for readinessProbes')
    }
  }
  if (startupProbe) validateSingleSuccessProbe(startupProbe, child(path, 'startupProbe'), errors)
}

function validateSingleSuccessProbe(probe: Probe, path: string, errors: FieldErrors): void {
  validateProbe(probe, path, errors)
  const { successThreshold = 0 } = probe
  if (successThreshold !== 1) errors.invalid(child(path, 'successThreshold'), successThreshold, 'must be 1')
}

function validateProbe(probe: Probe, path: string, errors: FieldErrors): void {
  validateHandler(probe, undefined, path, errors)
  nonNegative(errors, child(path, 'initialDelaySeconds'), probe.initialDelaySeconds)
  nonNegative(errors, child(path, 'timeoutSeconds'), probe.timeoutSeconds)
  nonNegative(errors, child(path, 'periodSeconds'), probe.periodSeconds)
  nonNegative(errors, child(path, 'successThreshold'), probe.successThreshold)
  nonNegative(errors, child(path, 'failureThreshold'), probe.failureThreshold)
  const { terminationGracePeriodSeconds: grace } = probe
  if (grace !== undefined && grace <= 0) {
    errors.invalid(child(path, 'terminationGracePeriodSeconds'), grace, 'must be greater than 0')
  }
}

function validateLifecycle(lifecycle: Lifecycle, pod: ProbeContext, path: string, errors: FieldErrors): void {
  const { postStart, preStop, stopSignal } = lifecycle
  const { os, terminationGracePeriodSeconds: grace } = pod
  if (postStart) validateHandler(postStart, grace, child(path, 'postStart'), errors)
  if (preStop) validateHandler(preStop, grace, child(path, 'preStop'), errors)
  if (stopSignal !== undefined) validateStopSignal(stopSignal, os?.name, child(path, 'stopSignal'), errors)
}

type Handler = Pick<Probe, 'grpc'> & LifecycleHandler

/** Exactly one action; further ones are refused unread. */
function validateHandler(
  { exec, httpGet, tcpSocket, grpc, sleep }: Handler,
  grace: number | bigint | undefined,
  path: string,
  errors: FieldErrors,
): void {
  let found = false
  const first = (action: object | undefined, name: string): boolean => {
    if (!action) return false
    if (found) errors.forbidden(child(path, name), 'may not specify more than 1 handler type')
    const before = found
    found = true
    return !before
  }
  if (first(exec, 'exec') && !exec?.command?.length) errors.required(child(path, 'exec.command'))
  if (first(httpGet, 'httpGet')) validateHttpGet(httpGet!, child(path, 'httpGet'), errors)
  if (first(tcpSocket, 'tcpSocket')) validatePort(tcpSocket?.port, child(path, 'tcpSocket.port'), errors)
  if (first(grpc, 'grpc')) portNumber(errors, child(path, 'grpc.port'), grpc?.port ?? 0)
  if (first(sleep, 'sleep')) validateSleep(sleep?.seconds ?? 0, grace, child(path, 'sleep'), errors)
  if (!found) errors.required(path, 'must specify a handler type')
}

const schemes = ['HTTP', 'HTTPS']

function validateHttpGet(get: HTTPGetAction, path: string, errors: FieldErrors): void {
  const { path: url, port, scheme = '', httpHeaders } = get
  if (!url) errors.required(child(path, 'path'))
  validatePort(port, child(path, 'port'), errors)
  if (!schemes.includes(scheme)) errors.notSupported(child(path, 'scheme'), scheme, schemes)
  for (const { name = '' } of httpHeaders ?? []) {
    for (const wrong of isHttpHeaderName(name)) errors.invalid(child(path, 'httpHeaders'), name, wrong)
  }
}

/** An absent port is 0. */
function validatePort(port: number | string | undefined, path: string, errors: FieldErrors): void {
  if (typeof port === 'string') portName(errors, path, port)
  else portNumber(errors, path, port ?? 0)
}

function validateSleep(
  seconds: number | bigint,
  grace: number | bigint | undefined,
  path: string,
  errors: FieldErrors,
): void {
  if (grace === undefined || (seconds >= 0 && seconds <= grace)) return
  errors.invalid(path, seconds, `must be non-negative and less than terminationGracePeriodSeconds (${grace})`)
}

function validateStopSignal(signal: string, os: string | undefined, path: string, errors: FieldErrors): void {
  if (os === undefined) errors.forbidden(path, 'may not be set for containers with empty `spec.os.name`')
  else if (os === 'windows' && !windowsStopSignals.includes(signal)) {
    errors.notSupported(path, signal, windowsStopSignals)
  } else if (os === 'linux' && !stopSignals.includes(signal)) errors.notSupported(path, signal, stopSignals)
}

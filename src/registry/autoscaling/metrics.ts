import {
  child,
  dns1123Label,
  type FieldErrors,
  index,
  isPathSegmentName,
  parseQuantity,
  required,
} from '../../api/index.js'
import { validateContainerResourceName } from '../core/resource-names.js'
import type { MetricSource, MetricSpec, MetricTarget, ObjectMetricSource, ResourceMetricSource } from './hpa-types.js'
import { type ReferenceOptions, validateReference } from './object-references.js'

/** Types of metrics and the members that hold them, in the order in which upstream looks at them. */
const memberOf: ReadonlyMap<string, MetricMember> = new Map([
  ['Object', 'object'],
  ['External', 'external'],
  ['Pods', 'pods'],
  ['Resource', 'resource'],
  ['ContainerResource', 'containerResource'],
])
const types = [...memberOf.keys()].sort()

type MetricMember = 'object' | 'external' | 'pods' | 'resource' | 'containerResource'

/** Source: validateMetrics. */
export function validateMetrics(
  metrics: readonly MetricSpec[],
  minReplicas: number | undefined,
  path: string,
  errors: FieldErrors,
  options: ReferenceOptions,
): void {
  metrics.forEach((metric, i) => {
    validateMetric(metric, index(path, i), errors, options)
  })
  if (minReplicas === 0 && !metrics.some(({ type }) => type === 'Object' || type === 'External'))
    errors.forbidden(path, 'must specify at least one Object or External metric to support scaling to zero replicas')
}

function validateMetric(metric: MetricSpec, path: string, errors: FieldErrors, options: ReferenceOptions): void {
  const { type = '' } = metric
  const at = child(path, 'type')
  if (type === '') errors.required(at, 'must specify a metric source type')
  const expected = memberOf.get(type)
  if (expected === undefined) errors.notSupported(at, type, types)
  const present = [...memberOf.values()].filter((member) => metric[member] !== undefined)
  // Of several sources only the first is judged.
  if (present[0] !== undefined) validateSource(metric, present[0], child(path, present[0]), errors, options)
  if (expected === undefined) errors.notSupported(at, type, types)
  else if (metric[expected] === undefined)
    errors.required(child(path, expected), 'must populate information for the given metric source')
  if (present.length === 1) return
  for (const member of present)
    if (member !== expected) errors.forbidden(child(path, member), 'must populate the given metric source only')
}

function validateSource(
  metric: MetricSpec,
  member: MetricMember,
  path: string,
  errors: FieldErrors,
  options: ReferenceOptions,
): void {
  if (member === 'object') validateObject(metric.object ?? {}, path, errors, options)
  else if (member === 'external') validateExternal(metric.external ?? {}, path, errors)
  else if (member === 'pods') validatePods(metric.pods ?? {}, path, errors)
  else if (member === 'resource') validateResource(metric.resource ?? {}, path, errors)
  else validateContainerResource(metric.containerResource ?? {}, path, errors)
}

function validateObject(
  { describedObject = {}, metric = {}, target = {} }: ObjectMetricSource,
  path: string,
  errors: FieldErrors,
  options: ReferenceOptions,
): void {
  validateReference(describedObject, child(path, 'describedObject'), errors, options)
  validateIdentifier(metric, child(path, 'metric'), errors)
  validateTarget(target, child(path, 'target'), errors)
  if (target.value === undefined && target.averageValue === undefined)
    errors.required(child(path, 'target.averageValue'), 'must set either a target value or averageValue')
}

function validateExternal({ metric = {}, target = {} }: MetricSource, path: string, errors: FieldErrors): void {
  validateIdentifier(metric, child(path, 'metric'), errors)
  validateTarget(target, child(path, 'target'), errors)
  const { value, averageValue } = target
  if (value === undefined && averageValue === undefined)
    errors.required(child(path, 'target.averageValue'), 'must set either a target value for metric or a per-pod target')
  if (value !== undefined && averageValue !== undefined)
    errors.forbidden(child(path, 'target.value'), 'may not set both a target value for metric and a per-pod target')
}

function validatePods({ metric = {}, target = {} }: MetricSource, path: string, errors: FieldErrors): void {
  validateIdentifier(metric, child(path, 'metric'), errors)
  validateTarget(target, child(path, 'target'), errors)
  if (target.averageValue === undefined)
    errors.required(child(path, 'target.averageValue'), 'must specify a positive target averageValue')
}

function validateContainerResource(
  source: ResourceMetricSource & { container?: string },
  path: string,
  errors: FieldErrors,
): void {
  const { name, container, target = {} } = source
  const at = child(path, 'name')
  if (required(errors, at, name, 'must specify a resource name')) validateContainerResourceName(name ?? '', at, errors)
  if (required(errors, child(path, 'container'), container, 'must specify a container'))
    dns1123Label(errors, child(path, 'container'), container)
  validateResourceTarget(target, child(path, 'target'), errors)
}

function validateResource({ name, target = {} }: ResourceMetricSource, path: string, errors: FieldErrors): void {
  required(errors, child(path, 'name'), name, 'must specify a resource name')
  validateResourceTarget(target, child(path, 'target'), errors)
}

function validateResourceTarget(target: MetricTarget, path: string, errors: FieldErrors): void {
  validateTarget(target, path, errors)
  const { averageUtilization, averageValue } = target
  if (averageUtilization === undefined && averageValue === undefined)
    errors.required(child(path, 'averageUtilization'), 'must set either a target raw value or a target utilization')
  if (averageUtilization !== undefined && averageValue !== undefined)
    errors.forbidden(child(path, 'averageValue'), 'may not set both a target raw value and a target utilization')
}

function validateTarget(target: MetricTarget, path: string, errors: FieldErrors): void {
  const { type = '', averageUtilization } = target
  const at = child(path, 'type')
  if (type === '') errors.required(at, 'must specify a metric target type')
  if (type !== 'Utilization' && type !== 'Value' && type !== 'AverageValue')
    errors.invalid(at, type, 'must be either Utilization, Value, or AverageValue')
  for (const field of ['value', 'averageValue'] as const) {
    const text = target[field]
    if (text === undefined) continue
    const quantity = parseQuantity(text)
    if (quantity.sign <= 0) errors.invalid(child(path, field), quantity.toString(), 'must be positive')
  }
  if (averageUtilization !== undefined && averageUtilization < 1)
    errors.invalid(child(path, 'averageUtilization'), averageUtilization, 'must be greater than 0')
}

function validateIdentifier({ name = '' }: { name?: string }, path: string, errors: FieldErrors): void {
  const at = child(path, 'name')
  if (name === '') errors.required(at, 'must specify a metric name')
  else for (const wrong of isPathSegmentName(name)) errors.invalid(at, name, wrong)
}

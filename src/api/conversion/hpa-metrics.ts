// biome-ignore lint/suspicious/noExplicitAny: metrics are plain JSON whose shape has been checked at the door
type Json = Record<string, any>

/** Metrics of autoscaling/v1's annotations and those of autoscaling/v2, one function per direction and list. */

export const metricFromV1 = (metric: Json): Json => convert(metric, sourcesFromV1)
export const metricToV1 = (metric: Json): Json => convert(metric, sourcesToV1)
export const metricStatusFromV1 = (metric: Json): Json => convert(metric, statusesFromV1)
export const metricStatusToV1 = (metric: Json): Json => convert(metric, statusesToV1)

type Members = Readonly<Record<string, (source: Json) => Json>>

const sourcesFromV1: Members = {
  object: ({ target, metricName, targetValue, selector, averageValue }) => ({
    describedObject: target,
    target: compact({
      type: averageValue === undefined ? 'Value' : 'AverageValue',
      // v1 cannot leave the value out and writes "0".
      value: averageValue !== undefined && isZero(targetValue) ? undefined : (targetValue ?? '0'),
      averageValue,
    }),
    metric: compact({ name: metricName, selector }),
  }),
  pods: ({ metricName, targetAverageValue, selector }) => ({
    metric: compact({ name: metricName, selector }),
    target: { type: 'AverageValue', averageValue: targetAverageValue ?? '0' },
  }),
  resource: ({ name, targetAverageUtilization, targetAverageValue }) => ({
    name,
    target: utilizationTarget(targetAverageUtilization, targetAverageValue),
  }),
  containerResource: ({ name, targetAverageUtilization, targetAverageValue, container }) => ({
    name,
    target: utilizationTarget(targetAverageUtilization, targetAverageValue),
    container,
  }),
  external: ({ metricName, metricSelector, targetValue, targetAverageValue }) => ({
    metric: compact({ name: metricName, selector: metricSelector }),
    target: compact({
      type: targetValue === undefined ? 'AverageValue' : 'Value',
      value: targetValue,
      averageValue: targetAverageValue,
    }),
  }),
}

const sourcesToV1: Members = {
  object: ({ describedObject, target, metric }) =>
    compact({
      target: describedObject,
      metricName: metric?.name,
      targetValue: target?.value,
      selector: metric?.selector,
      averageValue: target?.averageValue,
    }),
  pods: ({ metric, target }) =>
    compact({ metricName: metric?.name, targetAverageValue: target?.averageValue, selector: metric?.selector }),
  resource: ({ name, target }) => toUtilization(name, target),
  containerResource: ({ name, target, container }) => ({ ...toUtilization(name, target), container }),
  external: ({ metric, target }) =>
    compact({
      metricName: metric?.name,
      metricSelector: metric?.selector,
      targetValue: target?.value,
      targetAverageValue: target?.averageValue,
    }),
}

const statusesFromV1: Members = {
  object: ({ target, metricName, currentValue, selector, averageValue }) => ({
    metric: compact({ name: metricName, selector }),
    current: compact({ value: currentValue ?? '0', averageValue }),
    describedObject: target,
  }),
  pods: ({ metricName, currentAverageValue, selector }) => ({
    metric: compact({ name: metricName, selector }),
    current: { averageValue: currentAverageValue ?? '0' },
  }),
  resource: ({ name, currentAverageUtilization, currentAverageValue }) => ({
    name,
    current: compact({ averageValue: currentAverageValue ?? '0', averageUtilization: currentAverageUtilization }),
  }),
  containerResource: ({ name, currentAverageUtilization, currentAverageValue, container }) => ({
    name,
    current: compact({ averageValue: currentAverageValue ?? '0', averageUtilization: currentAverageUtilization }),
    container,
  }),
  external: ({ metricName, metricSelector, currentValue, currentAverageValue }) => ({
    metric: compact({ name: metricName, selector: metricSelector }),
    current: compact({ value: currentValue ?? '0', averageValue: currentAverageValue }),
  }),
}

const statusesToV1: Members = {
  object: ({ metric, current, describedObject }) =>
    compact({
      target: describedObject,
      metricName: metric?.name,
      currentValue: current?.value,
      selector: metric?.selector,
      averageValue: current?.averageValue,
    }),
  pods: ({ metric, current }) =>
    compact({ metricName: metric?.name, currentAverageValue: current?.averageValue, selector: metric?.selector }),
  resource: ({ name, current }) => toCurrentUtilization(name, current),
  containerResource: ({ name, current, container }) => ({ ...toCurrentUtilization(name, current), container }),
  external: ({ metric, current }) =>
    compact({
      metricName: metric?.name,
      metricSelector: metric?.selector,
      currentValue: current?.value,
      currentAverageValue: current?.averageValue,
    }),
}

function convert(metric: Json, members: Members): Json {
  const out: Json = { type: metric.type }
  for (const [member, change] of Object.entries(members)) {
    const source = metric[member]
    if (source !== undefined && source !== null) out[member] = change(source)
  }
  return out
}

const utilizationTarget = (averageUtilization: unknown, averageValue: unknown): Json =>
  compact({ type: averageUtilization === undefined ? 'AverageValue' : 'Utilization', averageValue, averageUtilization })

const toUtilization = (name: unknown, target: Json | undefined): Json =>
  compact({
    name,
    targetAverageUtilization: target?.averageUtilization,
    targetAverageValue: target?.averageValue,
  })

const toCurrentUtilization = (name: unknown, current: Json | undefined): Json =>
  compact({
    name,
    currentAverageUtilization: current?.averageUtilization,
    currentAverageValue: current?.averageValue,
  })

/** Quantities are canonical here. */
const isZero = (quantity: unknown): boolean => quantity === undefined || quantity === '0'

const compact = (object: Json): Json =>
  Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined && value !== null))

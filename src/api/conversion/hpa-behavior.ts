import { decode } from '../decode/decode.js'
import { structShape } from '../shapes.js'

// biome-ignore lint/suspicious/noExplicitAny: JSON whose shape is checked by decode
type Json = Record<string, any>

/** The annotation holds upstream's internal type, whose members are written with capitals and none left out. */
export function behaviorToInternal({ scaleUp, scaleDown }: Json): Json {
  return { ScaleUp: rulesToInternal(scaleUp), ScaleDown: rulesToInternal(scaleDown) }
}

/** Undefined if there is nothing in it or it does not decode. Members are found in any case, as Go's JSON does. */
export function behaviorFromInternal(raw: unknown): Json | undefined {
  if (typeof raw !== 'object' || raw === null) return undefined
  try {
    const { scaleup, scaledown } = lower(raw)
    const behavior: Json = {}
    if (isObject(scaleup)) behavior.scaleUp = rulesFromInternal(scaleup)
    if (isObject(scaledown)) behavior.scaleDown = rulesFromInternal(scaledown)
    if (Object.keys(behavior).length === 0) return undefined
    return decode(behavior, structShape('autoscaling.v2.HorizontalPodAutoscalerBehavior'))
  } catch {
    return undefined
  }
}

function rulesToInternal(rules: Json | undefined | null): Json | null {
  if (rules === undefined || rules === null) return null
  return {
    StabilizationWindowSeconds: rules.stabilizationWindowSeconds ?? null,
    SelectPolicy: rules.selectPolicy ?? null,
    Policies:
      rules.policies?.map(({ type, value, periodSeconds }: Json) => ({
        Type: type ?? '',
        Value: value ?? 0,
        PeriodSeconds: periodSeconds ?? 0,
      })) ?? null,
    Tolerance: rules.tolerance ?? null,
  }
}

function rulesFromInternal(raw: object): Json {
  const { stabilizationwindowseconds, selectpolicy, policies, tolerance } = lower(raw)
  return compact({
    stabilizationWindowSeconds: stabilizationwindowseconds,
    selectPolicy: selectpolicy,
    policies: Array.isArray(policies)
      ? policies.map((policy) => {
          const { type, value, periodseconds } = lower(policy)
          return compact({ type, value, periodSeconds: periodseconds })
        })
      : policies,
    tolerance,
  })
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null

const lower = (raw: object): Json => Object.fromEntries(Object.entries(raw).map(([name, v]) => [name.toLowerCase(), v]))

const compact = (object: Json): Json =>
  Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined && value !== null))

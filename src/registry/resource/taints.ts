import { child, type FieldErrors, oneOf, qualifiedName, required } from '../../api/index.js'
import type { DeviceTaint } from './types.js'
import { labelText } from './words.js'

export const taintEffects = ['NoExecute', 'NoSchedule', 'None']

/** @param old of an update: an effect that it leaves alone is not looked at */
export function validateTaint(taint: DeviceTaint, old: DeviceTaint | undefined, at: string, errors: FieldErrors): void {
  const { key, value, effect } = taint
  qualifiedName(errors, child(at, 'key'), key)
  if (value) labelText(errors, child(at, 'value'), value)
  const own = child(at, 'effect')
  if (old !== undefined && (old.effect ?? '') === (effect ?? '')) return
  if (required(errors, own, effect)) oneOf(errors, own, effect, taintEffects)
}

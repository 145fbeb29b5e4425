import type { Flag, Section } from '../flag.js'
import { admission, apiEnablement, egressSelector } from './api-and-admission.js'
import { auditing } from './auditing.js'
import { authentication } from './authentication.js'
import { authorization } from './authorization.js'
import { features } from './features.js'
import { generic } from './generic.js'
import { global, own } from './global.js'
import { misc } from './misc.js'
import { logs, metrics, traces } from './observability.js'
import { secureServing } from './secure-serving.js'
import { storage } from './storage.js'

/** All flags of kube-apiserver by section, in the order of its help, then our own. */
export const sections: readonly Section[] = [
  generic,
  storage,
  secureServing,
  auditing,
  features,
  authentication,
  authorization,
  apiEnablement,
  egressSelector,
  admission,
  metrics,
  logs,
  traces,
  misc,
  global,
  own,
]

/** The table with other defaults for some flags. */
export function withDefaults(
  table: readonly Section[],
  defaults: Readonly<Record<string, unknown>>,
): readonly Section[] {
  const change = (flag: Flag): Flag => (flag.name in defaults ? { ...flag, default: defaults[flag.name] } : flag)
  return table.map(({ name, flags }) => ({ name, flags: flags.map(change) }))
}

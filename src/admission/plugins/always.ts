import type { AdmissionPlugin } from '../admission.js'
import { refuse } from '../refuse.js'

/** Does nothing. @see kubernetes plugin/pkg/admission/admit */
export const alwaysAdmit = (): AdmissionPlugin => ({ name: 'AlwaysAdmit', handles: () => true })

/** Refuses everything that reaches admission. @see kubernetes plugin/pkg/admission/deny */
export function alwaysDeny(): AdmissionPlugin {
  const deny: NonNullable<AdmissionPlugin['validate']> = (attributes) => {
    throw refuse(attributes, 'admission control is denying all modifications')
  }
  return { name: 'AlwaysDeny', handles: () => true, admit: deny, validate: deny }
}

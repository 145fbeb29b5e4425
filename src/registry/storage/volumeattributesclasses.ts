import type { ResourceRules } from '../rules.js'

export const volumeattributesclasses: ResourceRules = {
  returnDeletedObject: true,
}

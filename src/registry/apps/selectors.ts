import { type KubeObject, labelSelectorOf } from '../../api/index.js'

/** `spec.selector` as the scale subresource's status tells it. */
export const selectorText = ({ spec }: KubeObject): string => labelSelectorOf(spec?.selector).toString()

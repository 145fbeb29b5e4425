import { isQualifiedName } from '../../api/index.js'

/** Resources of Kubernetes itself: without a domain, or in its own. */
export const isNativeResource = (name: string): boolean => !name.includes('/') || name.includes('kubernetes.io/')

/** Resources of others that can be counted by quota. */
export const isExtendedResource = (name: string): boolean =>
  !isNativeResource(name) && !name.startsWith(quotaPrefix) && isQualifiedName(quotaPrefix + name).length === 0

const quotaPrefix = 'requests.'

import { isQualifiedName } from '../api/index.js'

/** Resources that Kubernetes itself counts: those without a domain, and those of kubernetes.io. */
export const isNativeResource = (name: string): boolean => !name.includes('/') || name.includes('kubernetes.io/')

/** Resources that somebody else counts. Source: kubernetes pkg/apis/core/helper, IsExtendedResourceName. */
export const isExtendedResource = (name: string): boolean =>
  !isNativeResource(name) && !name.startsWith('requests.') && isQualifiedName(`requests.${name}`).length === 0

import { isQualifiedName } from './labels.js'

/** What resources that pods ask for are called. Source: kubernetes pkg/apis/core/helper. */

/** Resources that Kubernetes itself counts: those without a domain, and those of kubernetes.io. */
export const isNativeResource = (name: string): boolean => !name.includes('/') || name.includes('kubernetes.io/')

/** Resources that somebody else counts, and whose requests quota can count. */
export const isExtendedResource = (name: string): boolean =>
  !isNativeResource(name) && !name.startsWith('requests.') && isQualifiedName(`requests.${name}`).length === 0

export const isHugePages = (name: string): boolean => name.startsWith('hugepages-')

/** What a pod may ask for as a whole. */
export const isPodLevelResource = (name: string): boolean => name === 'cpu' || name === 'memory' || isHugePages(name)

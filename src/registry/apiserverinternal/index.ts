import type { ResourceRules } from '../rules.js'
import { storageversions } from './storageversions.js'

export const apiserverinternal: Readonly<Record<string, ResourceRules>> = { storageversions }

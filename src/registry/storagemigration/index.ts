import type { ResourceRules } from '../rules.js'
import { storageversionmigrations } from './storageversionmigrations.js'

export const storagemigration: Readonly<Record<string, ResourceRules>> = { storageversionmigrations }

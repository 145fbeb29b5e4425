// What server/ uses of metrics/.
export { AggregatorMetrics } from './aggregator-metrics.js'
export { AuditMetrics } from './audit-metrics.js'
export { FlowMetrics } from './flow-control-metrics.js'
export { HealthMetrics } from './health-metrics.js'
export { MetricsPage } from './process-metrics.js'
export { RequestMetrics } from './request-metrics.js'
export type { Metric } from './series.js'
export { stateMetrics } from './state-metrics.js'

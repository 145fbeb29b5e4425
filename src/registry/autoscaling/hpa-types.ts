/** HorizontalPodAutoscalers of autoscaling/v2 as they lie in JSON; anything may be absent. */
export interface AutoscalerSpec {
  scaleTargetRef?: ObjectReference
  minReplicas?: number
  maxReplicas?: number
  metrics?: MetricSpec[]
  behavior?: { scaleUp?: ScalingRules; scaleDown?: ScalingRules }
}

export interface ObjectReference {
  kind?: string
  name?: string
  apiVersion?: string
}

export interface MetricSpec {
  type?: string
  object?: ObjectMetricSource
  pods?: MetricSource
  resource?: ResourceMetricSource
  containerResource?: ResourceMetricSource & { container?: string }
  external?: MetricSource
}

export interface MetricSource {
  metric?: { name?: string }
  target?: MetricTarget
}

export interface ObjectMetricSource extends MetricSource {
  describedObject?: ObjectReference
}

export interface ResourceMetricSource {
  name?: string
  target?: MetricTarget
}

export interface MetricTarget {
  type?: string
  value?: string
  averageValue?: string
  averageUtilization?: number
}

export interface ScalingRules {
  stabilizationWindowSeconds?: number
  selectPolicy?: string
  policies?: { type?: string; value?: number; periodSeconds?: number }[]
  tolerance?: string
}

import type { ReviewSpec } from './review.js'

/** Whether a webhook is asked about a request; an Error if that cannot be told. */
export type RequestMatcher = (spec: ReviewSpec) => boolean | Error

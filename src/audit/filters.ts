import { ApiError, internalError } from '../api/index.js'
import { attributesOf } from '../authz/index.js'
import type { Filter, Handler, RequestContext } from '../http/index.js'
import type { Auditor } from './auditor.js'
import { Recording } from './recording.js'

/** Where the audit log looks on. Source: apiserver pkg/endpoints/filters/{audit,audit_init,authn_audit}.go. */
export interface AuditFilters {
  /** Outermost: from here on annotations are kept. */
  readonly begin: Filter
  /** Behind authentication: asks the policy, and writes what it wants at each stage. */
  readonly record: Filter
  /** Called before a request is refused that could not be authenticated. */
  unauthenticated(context: RequestContext): void
  /** Called before a request is refused for something else before anybody was authenticated. */
  refused(context: RequestContext): void
}

export function auditFilters(auditor: Auditor): AuditFilters {
  const { backend } = auditor
  const onEvent = (): void => auditor.observer.event()
  return {
    begin: (next) => (context) => {
      context.audit = new Recording(context, backend, onEvent)
      return next(context)
    },
    record: (next) => (context) => {
      const recording = judged(auditor, context)
      if (recording === undefined) return next(context)
      const received = recording.stage('RequestReceived')
      return received instanceof Promise
        ? received.then((processed) => follow(auditor, recording, context, next, processed))
        : follow(auditor, recording, context, next, received)
    },
    unauthenticated(context) {
      const attempted = attemptsOf(context)
      judgedAtOnce(auditor, context)?.note({ message: attempted })
    },
    refused: (context) => void judgedAtOnce(auditor, context),
  }
}

/** The record of a request that the policy wants to have; from others the log is taken away. */
function judged({ policy, observer }: Auditor, context: RequestContext): Recording | undefined {
  const recording = context.audit
  if (!(recording instanceof Recording)) return undefined
  const attributes = attributesOf(context)
  const verdict = policy(attributes)
  observer.level(verdict.level)
  if (recording.begin(verdict, attributes)) return recording
  context.audit = undefined
  return undefined
}

/** The record of a request that is refused before anybody was authenticated: it has one stage. */
function judgedAtOnce(auditor: Auditor, context: RequestContext): Recording | undefined {
  const recording = judged(auditor, context)
  if (recording === undefined) return undefined
  context.exchange.onRespond((code) => {
    recording.note({ code })
    void recording.stage('ResponseStarted')
  })
  return recording
}

async function follow(
  { observer }: Auditor,
  recording: Recording,
  context: RequestContext,
  next: Handler,
  processed: boolean,
): Promise<void> {
  const { exchange, longRunning } = context
  if (!processed) {
    observer.rejected()
    throw internalError('failed to store audit event')
  }
  exchange.onRespond((code) => {
    recording.note({ code })
    if (longRunning) void recording.stage('ResponseStarted')
  })
  try {
    await next(context)
  } catch (error) {
    // What a handler runs into whose client has gone is no bug.
    if (!(error instanceof ApiError) && !exchange.signal.aborted) {
      recording.note({
        status: 'Failure',
        message: `APIServer panic'd: ${error instanceof Error ? error.message : String(error)}`,
        reason: 'InternalError',
        code: 500,
      })
      await recording.stage('Panic')
      throw error
    }
    await complete(recording, context)
    throw error
  }
  // The handler of a watch returns when it has begun.
  if (context.info.verb === 'watch') exchange.onDone(() => void complete(recording, context))
  else await complete(recording, context)
}

async function complete(recording: Recording, { exchange, longRunning }: RequestContext): Promise<void> {
  if (!recording.hasStatus) {
    // An upgrade hands the connection over without a response of ours.
    if (exchange.status === 101) recording.note({ code: 101 })
    else recording.note({ status: 'Success', message: 'Connection closed early', code: 200 })
    if (longRunning) await recording.stage('ResponseStarted')
  }
  await recording.stage('ResponseComplete')
}

function attemptsOf({ exchange, query }: RequestContext): string {
  const { headers, clientCertificates } = exchange
  const sent = (headers.authorization ?? '').trim()
  const attempted = [
    ...(/^basic /i.test(sent) ? ['basic'] : []),
    ...(/^bearer /i.test(sent) ? ['bearer'] : []),
    ...((query.get('access_token') ?? '').trim() === '' ? [] : ['access_token']),
    ...(clientCertificates.length === 0 ? [] : ['x509']),
  ]
  if (attempted.length === 0) return 'Authentication failed, no credentials provided'
  return `Authentication failed, attempted: ${attempted.join(', ')}`
}

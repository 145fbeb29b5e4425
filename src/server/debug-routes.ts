import { dumpPriorityLevels, dumpQueues, dumpRequests, type FlowController } from '../flowcontrol/index.js'
import type { Handler, RequestContext } from '../http/index.js'
import type { Logger } from './logs/logger.js'
import { textPlain } from './text.js'

/**
 * `/debug/flags/v`: a PUT of a number sets the verbosity of the log; `/debug/flags/` says that there is this one. Source:
 * apiserver pkg/server/routes/flags.go.
 */
export const debugRoutes = (log: Logger): ReadonlyMap<string, Handler> =>
  new Map<string, Handler>([
    ['/debug/flags', flagsPage],
    ['/debug/flags/v', (context) => setVerbosity(context, log)],
  ])

/** Also of everything below `/debug/flags/` that is no flag. */
export const flagsPage: Handler = ({ exchange }) => exchange.send(200, 'text/html; charset=utf-8', flags)

const flags = '<html><head><title>/debug/flags/</title></head><body>flags that a PUT sets:<br>v</body></html>\n'

/** What priority and fairness does right now. Source: apiserver pkg/util/flowcontrol/apf_controller_debug.go. */
export function flowControlRoutes(controller: FlowController, now: () => number): ReadonlyMap<string, Handler> {
  const page = (dump: (context: RequestContext) => string): Handler => {
    return (context) => textPlain(context, 200, dump(context))
  }
  const path = '/debug/api_priority_and_fairness'
  return new Map([
    [`${path}/dump_priority_levels`, page(() => dumpPriorityLevels(controller))],
    [`${path}/dump_queues`, page(() => dumpQueues(controller))],
    [
      `${path}/dump_requests`,
      page(({ query }) => dumpRequests(controller, Boolean(query.get('includeRequestDetails')), now())),
    ],
  ])
}

async function setVerbosity(context: RequestContext, log: Logger): Promise<void> {
  const { exchange } = context
  exchange.header('X-Content-Type-Options', 'nosniff')
  const answer = (code: number, text: string): void => exchange.send(code, 'text/plain', `${text}\n`)
  if (exchange.method !== 'PUT') return answer(406, 'unsupported http method')
  const text = (await exchange.body(100)).toString()
  if (!/^[0-9]{1,9}$/.test(text)) {
    return answer(400, `strconv.ParseUint: parsing ${JSON.stringify(text)}: invalid syntax`)
  }
  log.setVerbosity(Number(text))
  return answer(200, `successfully set klog.logging.verbosity to ${text}`)
}

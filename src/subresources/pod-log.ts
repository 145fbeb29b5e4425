import type { IncomingMessage } from 'node:http'
import { ApiError, badRequest, FieldErrors, internalError, invalid, type Reason } from '../api/index.js'
import { negotiate, textRepresentations } from '../endpoints/index.js'
import { dial, networkErrorText, type RequestContext } from '../http/index.js'
import type { SubresourceHandler } from '../registry/index.js'
import { get, type SubresourceEnvironment } from './environment.js'
import { type KubeletOptions, kubeletOf } from './kubelet.js'
import { containerOf } from './pod-containers.js'
import { flag, integer, text } from './query.js'

/** Of a kubelet's refusal; what is longer is cut. */
const maxErrorBytes = 64 * 1024

/** GET pods/{name}/log: streams what the kubelet has. Source: kubernetes pkg/registry/core/pod/rest/log.go. */
export const podLog =
  (environment: SubresourceEnvironment, kubelets: KubeletOptions): SubresourceHandler =>
  async (context) => {
    const { info, exchange } = context
    const { as } = negotiate(context, textRepresentations(environment.enabled('CBORServingAndStorage')))
    const options = logOptions(context)
    validate(options, info.name, environment.enabled('PodLogsQuerySplitStreams'))
    const pod = get(environment, '/pods', info.namespace, info.name)
    const container = containerOf(pod, options.container)
    if (as !== undefined) throw asSomethingElse(as.kind)
    const nodeName: string = pod.spec?.nodeName ?? ''
    if (nodeName === '') return exchange.send(204, '', '')
    const kubelet = kubeletOf(environment, kubelets, context, nodeName)
    const path = `/containerLogs/${info.namespace}/${info.name}/${container}`
    const tls = options.insecure ? { ...kubelet.tls, rejectUnauthorized: false } : kubelet.tls
    await stream(context, { ...kubelet, tls, path, query: options.parameters.toString() })
  }

/** Upstream makes the stream first, and then something else of it. */
const asSomethingElse = (kind: string): ApiError =>
  kind === 'PartialObjectMetadata'
    ? new ApiError('', 'object does not implement the Object interfaces')
    : new ApiError(
        'NotAcceptable',
        `you requested ${kind}, but the requested object is not a list (*rest.LocationStreamer)`,
      )

async function stream(context: RequestContext, target: Parameters<typeof dial>[0]): Promise<void> {
  const { exchange, info } = context
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    const request = dial(target, 'GET', {}, exchange.signal)
    request.once('response', resolve)
    request.on('error', (error) => {
      const url = `${target.scheme}://${target.host}:${target.port}${target.path}${target.query === '' ? '' : `?${target.query}`}`
      reject(new ApiError('', `Get ${JSON.stringify(url)}: ${networkErrorText(error)}`))
    })
    request.end()
  })
  const code = answer.statusCode ?? 0
  if (code < 200 || code > 206) throw refusal(code, info.name, await bodyOf(answer))
  const out = exchange.stream(200, 'text/plain')
  exchange.onDone(() => answer.destroy())
  try {
    for await (const chunk of answer) if (!out.write(chunk as Buffer)) await out.drained()
    out.end()
  } catch {
    exchange.destroy()
  }
}

interface LogOptions {
  readonly container: string
  readonly insecure: boolean
  readonly sinceSeconds: number | undefined
  readonly sinceTime: string | undefined
  readonly tailLines: number | undefined
  readonly limitBytes: number | undefined
  readonly stream: string | undefined
  /** For the kubelet. */
  readonly parameters: URLSearchParams
}

function logOptions({ query }: RequestContext): LogOptions {
  const options = {
    container: text(query, 'container') ?? '',
    insecure: flag(query, 'insecureSkipTLSVerifyBackend'),
    sinceSeconds: integer(query, 'sinceSeconds'),
    sinceTime: text(query, 'sinceTime'),
    tailLines: integer(query, 'tailLines'),
    limitBytes: integer(query, 'limitBytes'),
    stream: text(query, 'stream'),
  }
  const { sinceSeconds, sinceTime, tailLines, limitBytes, stream } = options
  if (sinceTime !== undefined && Number.isNaN(Date.parse(sinceTime)))
    throw badRequest(
      `parsing time ${JSON.stringify(sinceTime)} as "2006-01-02T15:04:05Z07:00": cannot parse ${JSON.stringify(sinceTime)} as "2006"`,
    )
  const parameters = new URLSearchParams()
  for (const name of ['follow', 'previous', 'timestamps']) if (flag(query, name)) parameters.set(name, 'true')
  for (const [name, value] of Object.entries({ sinceSeconds, sinceTime, tailLines, limitBytes, stream }))
    if (value !== undefined) parameters.set(name, String(value))
  parameters.sort()
  return { ...options, parameters }
}

const streams = ['All', 'Stderr', 'Stdout']

/** Source: kubernetes pkg/apis/core/validation, ValidatePodLogOptions. */
function validate(options: LogOptions, name: string, selectsStream: boolean): void {
  const { tailLines, limitBytes, sinceSeconds, sinceTime, stream } = options
  const errors = new FieldErrors()
  if (tailLines !== undefined && tailLines < 0)
    errors.invalid('tailLines', tailLines, 'must be greater than or equal to 0')
  if (limitBytes !== undefined && limitBytes < 1) errors.invalid('limitBytes', limitBytes, 'must be greater than 0')
  if (sinceSeconds !== undefined && sinceTime !== undefined)
    errors.forbidden('[]', 'at most one of `sinceTime` or `sinceSeconds` may be specified')
  else if (sinceSeconds !== undefined && sinceSeconds < 1)
    errors.invalid('sinceSeconds', sinceSeconds, 'must be greater than 0')
  if (!selectsStream) {
    if (stream !== undefined) errors.forbidden('stream', 'may not be specified')
  } else if (stream !== undefined) {
    if (!streams.includes(stream)) errors.notSupported('stream', stream, streams)
    if (stream !== 'All' && tailLines !== undefined)
      errors.forbidden('[]', '`tailLines` and specific `stream` are mutually exclusive for now')
  }
  if (!errors.empty) throw invalid({ group: '', kind: 'PodLogOptions' }, name, errors)
}

async function bodyOf(answer: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of answer) {
    chunks.push(chunk as Buffer)
    length += (chunk as Buffer).length
    if (length >= maxErrorBytes) break
  }
  answer.destroy()
  return Buffer.concat(chunks).toString('utf8', 0, maxErrorBytes)
}

/** Source: apimachinery pkg/api/errors, NewGenericServerResponse. */
const generic: ReadonlyMap<number, readonly [Reason, string]> = new Map<number, readonly [Reason, string]>([
  [401, ['Unauthorized', 'the server has asked for the client to provide credentials']],
  [404, ['NotFound', 'the server could not find the requested resource']],
  [405, ['MethodNotAllowed', 'the server does not allow this method on the requested resource']],
  [409, ['Conflict', 'the server reported a conflict']],
  [422, ['Invalid', 'the server rejected our request due to an error in our request']],
  [429, ['TooManyRequests', 'the server has received too many requests and has asked us to try again later']],
  [503, ['ServiceUnavailable', 'the server is currently unable to handle the request']],
  [
    504,
    [
      'Timeout',
      'the server was unable to return a response in the time allotted, but may still be processing the request',
    ],
  ],
])

/** What a kubelet's refusal is for the client. */
function refusal(code: number, name: string, body: string): ApiError {
  if (code === 500) return internalError(body)
  if (code === 400) return badRequest(body)
  const [reason, message] =
    generic.get(code) ??
    (code === 403
      ? (['Forbidden', body] as const)
      : code >= 500
        ? ([
            'InternalError',
            `an error on the server (${JSON.stringify(body)}) has prevented the request from succeeding`,
          ] as const)
        : (['', `the server responded with the status code ${code} but did not return more information`] as const))
  return new ApiError(reason, `${message} ( pods/log ${name})`, { name, kind: 'pods/log' }, code)
}

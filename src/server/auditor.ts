import { closeSync, mkdirSync, openSync } from 'node:fs'
import { dirname } from 'node:path'
import {
  type AuditObserver,
  type Auditor,
  type Backend,
  BatchingBackend,
  backendUnion,
  compilePolicy,
  eventText,
  type FailureHook,
  ignoringLoss,
  type LineSink,
  LogFile,
  logBackend,
  readPolicy,
  truncating,
  webhookBackend,
} from '../audit/index.js'
import { clientConfigOf, type Dialer, RestClient, readKubeconfig, restTarget } from '../http/index.js'
import { readWholeFile } from './access/authorization-source.js'
import type { AuditDelivery } from './config/audit.js'
import type { ServerConfig } from './config.js'
import type { Logger } from './logs/logger.js'

/** Source: apiserver pkg/util/webhook. */
const webhookTimeoutMs = 30_000

/**
 * The audit log of a configuration; undefined if there is no policy, or nowhere to write to.
 *
 * @throws Error if the policy or the webhook's kubeconfig cannot be read or is wrong, or the log cannot be opened
 */
export async function auditorOf(
  { audit, environment, egress }: ServerConfig,
  observer: AuditObserver,
  log: Logger,
): Promise<Auditor | undefined> {
  const { policyFile, log: file, webhook } = audit
  if (file.path !== '' && file.path !== '-') ensureLogFile(file.path)
  if (policyFile === '') {
    if (file.path !== '') log.info(2, 'No audit policy file provided, no events will be recorded for log backend')
    if (webhook.configFile !== '') {
      log.info(2, 'No audit policy file provided, no events will be recorded for webhook backend')
    }
    return undefined
  }
  const document = await readPolicy(policyFile, policyText(policyFile), (text) => log.warn(text))
  const failed: FailureHook = (plugin, problem, events) => {
    observer.failed(plugin, events.length)
    const lines = events.map((event) => `${eventText(event)}\n`).join('')
    log.error(
      undefined,
      `Error in audit plugin '${plugin}' affecting ${events.length} audit events: ${problem}\nImpacted events:\n${lines}`,
    )
  }
  const backends: Backend[] = []
  if (file.path !== '') {
    const sink: LineSink =
      file.path === '-'
        ? { write: environment.writeOutput, close: () => Promise.resolve() }
        : new LogFile({ ...file, now: environment.now, warn: (text) => log.warn(text) })
    backends.push(delivered(logBackend(sink, file.format, failed), file, false, failed))
  }
  if (webhook.configFile !== '') {
    const client = await webhookClient(webhook.configFile, egress.dialers.controlPlane)
    const sending = webhookBackend((body) => client.post(body), webhook.initialBackoffMs, environment.random, failed)
    const backend = delivered(sending, webhook, true, failed)
    backends.push({
      process: (events) => backend.process(events),
      async close() {
        await backend.close()
        client.close()
      },
    })
  }
  return backends.length === 0
    ? undefined
    : { policy: compilePolicy(document), backend: backendUnion(backends), observer }
}

function policyText(file: string): Buffer {
  try {
    return readWholeFile(file)
  } catch (error) {
    const why = (error as Error).message
    throw new Error(`loading audit policy file: failed to read file path ${JSON.stringify(file)}: ${why}`)
  }
}

/** There shall be no surprise when the first event comes. */
function ensureLogFile(path: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  try {
    closeSync(openSync(path, 'a', 0o600))
  } catch (error) {
    throw new Error(`ensureLogFile: ${(error as Error).message}`)
  }
}

async function webhookClient(
  file: string,
  dial: Dialer | undefined,
): Promise<{ post(body: Buffer): Promise<void>; close(): void }> {
  try {
    const client = new RestClient(restTarget(clientConfigOf(await readKubeconfig(file)), dial), {
      untraced: true,
      mayBeEmpty: true,
    })
    return {
      post: async (body) => void (await client.post(body, { timeoutMs: webhookTimeoutMs })),
      close: () => client.close(),
    }
  } catch (error) {
    throw new Error(`initializing audit webhook: ${(error as Error).message}`)
  }
}

function delivered(
  backend: Backend,
  delivery: Required<AuditDelivery>,
  parallel: boolean,
  failed: FailureHook,
): Backend {
  const { truncate, truncateMaxEventBytes: maxEventBytes, truncateMaxBatchBytes: maxBatchBytes } = delivery
  const inMode = ofMode(backend, delivery, parallel, failed)
  return truncate ? truncating(inMode, { maxEventBytes, maxBatchBytes }, failed) : inMode
}

function ofMode(backend: Backend, delivery: Required<AuditDelivery>, parallel: boolean, failed: FailureHook): Backend {
  const { mode, throttle, throttleQps: qps, throttleBurst: burst } = delivery
  if (mode === 'blocking-strict') return backend
  if (mode === 'blocking') return ignoringLoss(backend)
  const { bufferSize, maxBatchSize, maxBatchWaitMs } = delivery
  const limit = throttle ? { throttle: { qps, burst } } : {}
  return new BatchingBackend(backend, { bufferSize, maxBatchSize, maxBatchWaitMs, parallel, ...limit }, failed)
}

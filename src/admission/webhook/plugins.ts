import type { ResolveService } from '../../http/index.js'
import type { AdmissionPlugin } from '../admission.js'
import type { Decide } from '../expressions/checks.js'
import type { ObjectReader } from '../objects.js'
import { WebhookCaller } from './caller.js'
import { type HostCredentials, WebhookClients } from './clients.js'
import { conditionCheck } from './conditions.js'
import { mutatingAdmissionWebhook } from './mutating.js'
import type { WebhookObserver } from './observer.js'
import { validatingAdmissionWebhook } from './validating.js'

export interface WebhookEnvironment {
  readonly objects: ObjectReader
  readonly resolveService: ResolveService
  readonly webhooks: WebhookObserver
  readonly decide: Decide
  /** Wall clock, milliseconds. */
  now(): number
  webhookFailed(message: string, webhook: string): void
  readonly configuration: {
    readonly mutatingWebhooks?: HostCredentials
    readonly validatingWebhooks?: HostCredentials
  }
}

/** The plugins that ask webhooks, each with connections of its own. */
export function mutatingWebhooks(environment: WebhookEnvironment): AdmissionPlugin {
  const { clients, caller } = callerOf(environment, environment.configuration.mutatingWebhooks)
  return {
    ...mutatingAdmissionWebhook(environment.objects, caller, conditionCheck(environment.decide, environment.webhooks)),
    close: () => clients.close(),
  }
}

export function validatingWebhooks(environment: WebhookEnvironment): AdmissionPlugin {
  const { clients, caller } = callerOf(environment, environment.configuration.validatingWebhooks)
  return {
    ...validatingAdmissionWebhook(
      environment.objects,
      caller,
      conditionCheck(environment.decide, environment.webhooks),
    ),
    close: () => clients.close(),
  }
}

function callerOf(
  { resolveService, webhooks, now, webhookFailed }: WebhookEnvironment,
  credentials: HostCredentials | undefined,
) {
  const clients = new WebhookClients(resolveService, credentials)
  return { clients, caller: new WebhookCaller({ clients, observer: webhooks, now, failed: webhookFailed }) }
}

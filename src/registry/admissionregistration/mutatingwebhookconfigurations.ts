import type { ResourceRules } from '../rules.js'
import { defaultWebhook } from './defaults.js'
import { staticSuffixWarnings } from './static-suffix.js'
import type { Webhook } from './types.js'
import { webhookValidation } from './webhooks.js'

export const mutatingwebhookconfigurations: ResourceRules = {
  ...webhookValidation,
  generation: 'to the last nil',
  allowUnconditionalUpdate: false,
  defaults: {
    v1(configuration) {
      const webhooks: Webhook[] = configuration.webhooks ?? []
      for (const webhook of webhooks) {
        defaultWebhook(webhook)
        webhook.reinvocationPolicy ??= 'Never'
      }
    },
  },
  warnings: staticSuffixWarnings,
}

import type { ResourceRules } from '../rules.js'
import { defaultWebhook, type Webhook } from './defaults.js'
import { staticSuffixWarnings } from './static-suffix.js'

export const validatingwebhookconfigurations: ResourceRules = {
  generation: true,
  allowUnconditionalUpdate: false,
  defaults: {
    v1(configuration) {
      const webhooks: Webhook[] = configuration.webhooks ?? []
      for (const webhook of webhooks) defaultWebhook(webhook)
    },
  },
  warnings: staticSuffixWarnings,
}

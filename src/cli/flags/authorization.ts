import type { AuthorizationMode } from '../../server/index.js'
import { type Flag, flag, type Section } from '../flag.js'
import { duration, type FlagType, string, strings } from '../values/types.js'

const webhook = <T>(name: string, type: FlagType<T>, value: T, help: string): Flag =>
  flag({ name, type, default: value, help, notBuilt: 'authorization by webhook' })

export const authorization: Section = {
  name: 'Authorization',
  flags: [
    flag({
      name: 'authorization-config',
      type: string,
      default: '',
      help: 'File with an AuthorizationConfiguration: the authorizers in order. Excludes --authorization-mode.',
      notBuilt: 'structured authorization configuration',
    }),
    flag({
      name: 'authorization-mode',
      type: strings,
      default: [],
      help: 'Authorizers, in the order in which they are asked: AlwaysAllow, AlwaysDeny, ABAC, Webhook, RBAC, Node. Without it, AlwaysAllow.',
      apply: (draft, value) => {
        // Whether they are modes is for validation to say, together with all other problems.
        if (value.length > 0) draft.authorization.modes = value as readonly AuthorizationMode[]
      },
    }),
    flag({
      name: 'authorization-policy-file',
      type: string,
      default: '',
      help: 'File with the policy of mode ABAC, one JSON object a line.',
      notBuilt: 'authorization mode ABAC',
    }),
    webhook(
      'authorization-webhook-cache-authorized-ttl',
      duration,
      300_000,
      'How long the webhook is remembered to have allowed something.',
    ),
    webhook(
      'authorization-webhook-cache-unauthorized-ttl',
      duration,
      30_000,
      'How long the webhook is remembered to have denied something.',
    ),
    webhook(
      'authorization-webhook-config-file',
      string,
      '',
      'File in the form of a kubeconfig that says where mode Webhook asks.',
    ),
    webhook(
      'authorization-webhook-version',
      string,
      'v1beta1',
      'Version of authorization.k8s.io SubjectAccessReview that is sent to the webhook.',
    ),
  ],
}

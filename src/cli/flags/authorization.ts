import type { AuthorizationMode, AuthorizationWebhookOptions } from '../../server/index.js'
import { type Flag, flag, type Section } from '../flag.js'
import { duration, type FlagType, string, strings } from '../values/types.js'

type Draft = Parameters<NonNullable<Flag['apply']>>[0]
type Writable<T> = { -readonly [K in keyof T]: T[K] }
type Webhook = Writable<Required<AuthorizationWebhookOptions>>

const webhook = <T>(
  name: string,
  type: FlagType<T>,
  value: T,
  help: string,
  write: (webhook: Partial<Webhook>, value: T) => void,
): Flag =>
  flag({
    name,
    type,
    default: value,
    help,
    apply: (draft, given) => {
      // Flags come one by one, this option as a whole.
      const part: Draft = draft
      part.authorization.webhook ??= {}
      write(part.authorization.webhook, given)
    },
  })

export const authorization: Section = {
  name: 'Authorization',
  flags: [
    flag({
      name: 'authorization-config',
      type: string,
      default: '',
      help: 'File with an AuthorizationConfiguration: the authorizers in order. Excludes --authorization-mode.',
      apply: (draft, value) => {
        draft.authorization.configFile = value
      },
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
      apply: (draft, value) => {
        draft.authorization.policyFile = value
      },
    }),
    webhook(
      'authorization-webhook-cache-authorized-ttl',
      duration,
      300_000,
      'How long the webhook is remembered to have allowed something.',
      (part, value) => {
        part.authorizedTtlMs = value
      },
    ),
    webhook(
      'authorization-webhook-cache-unauthorized-ttl',
      duration,
      30_000,
      'How long the webhook is remembered to have denied something.',
      (part, value) => {
        part.unauthorizedTtlMs = value
      },
    ),
    webhook(
      'authorization-webhook-config-file',
      string,
      '',
      'File in the form of a kubeconfig that says where mode Webhook asks.',
      (part, value) => {
        part.configFile = value
      },
    ),
    webhook(
      'authorization-webhook-version',
      string,
      'v1beta1',
      'Version of authorization.k8s.io SubjectAccessReview that is sent to the webhook.',
      (part, value) => {
        part.version = value
      },
    ),
  ],
}

import type { OidcOptions, TokenWebhookOptions } from '../../server/index.js'
import { type Flag, flag, type Section } from '../flag.js'
import {
  bool,
  duration,
  type FlagType,
  mapStringStringWhole,
  type StringMap,
  string,
  stringArray,
  strings,
} from '../values/types.js'

type Draft = Parameters<NonNullable<Flag['apply']>>[0]
type Writable<T> = { -readonly [K in keyof T]: T[K] }

const oidc = <T>(
  name: string,
  type: FlagType<T>,
  value: T,
  help: string,
  write: (oidc: Writable<OidcOptions>, value: T) => void,
): Flag =>
  flag({
    name,
    type,
    default: value,
    help,
    apply: (draft: Draft, given) => {
      draft.authentication.oidc ??= {}
      write(draft.authentication.oidc, given)
    },
  })

const webhook = <T>(
  name: string,
  type: FlagType<T>,
  value: T,
  help: string,
  write: (webhook: Writable<TokenWebhookOptions>, value: T) => void,
): Flag =>
  flag({
    name,
    type,
    default: value,
    help,
    apply: (draft: Draft, given) => {
      draft.authentication.tokenWebhook ??= {}
      write(draft.authentication.tokenWebhook, given)
    },
  })

export const authentication: Section = {
  name: 'Authentication',
  flags: [
    flag({
      name: 'anonymous-auth',
      type: bool,
      default: true,
      help: 'Let requests without credentials in as user system:anonymous of group system:unauthenticated.',
      apply: (draft, value) => {
        draft.authentication.anonymous = value
      },
    }),
    flag({
      name: 'api-audiences',
      type: strings,
      default: [],
      help: 'Names of this server, one of which a service account token must be meant for. Without it, the issuer.',
      apply: (draft, value) => {
        if (value.length > 0) draft.authentication.apiAudiences = value
      },
    }),
    flag({
      name: 'authentication-config',
      type: string,
      default: '',
      help: 'File with an AuthenticationConfiguration: who may issue tokens, and whether anonymous requests are let in. Excludes all --oidc-* flags.',
      apply: (draft, value) => {
        draft.authentication.configFile = value
      },
    }),
    webhook(
      'authentication-token-webhook-cache-ttl',
      duration,
      120_000,
      'How long answers of the token webhook are remembered.',
      (part, value) => {
        part.cacheTtlMs = value
      },
    ),
    webhook(
      'authentication-token-webhook-config-file',
      string,
      '',
      'File in the form of a kubeconfig that says where tokens are reviewed.',
      (part, value) => {
        part.configFile = value
      },
    ),
    webhook(
      'authentication-token-webhook-version',
      string,
      'v1beta1',
      'Version of authentication.k8s.io TokenReview that is sent to the webhook.',
      (part, value) => {
        part.version = value
      },
    ),
    flag({
      name: 'client-ca-file',
      type: string,
      default: '',
      help: 'Certificate authorities whose client certificates are believed: the common name is the user, organizations are the groups.',
      apply: (draft, value) => {
        draft.authentication.clientCaFile = value
      },
    }),
    flag({
      name: 'enable-bootstrap-token-auth',
      type: bool,
      default: false,
      help: 'Accept tokens of Secrets of type bootstrap.kubernetes.io/token in kube-system.',
      apply: (draft, value) => {
        draft.authentication.bootstrapTokens = value
      },
    }),
    oidc(
      'oidc-ca-file',
      string,
      '',
      'Certificate authorities of the OpenID server. Without it, those of the host.',
      (part, value) => {
        part.caFile = value
      },
    ),
    oidc('oidc-client-id', string, '', 'Client that tokens of the OpenID server are for.', (part, value) => {
      part.clientId = value
    }),
    oidc('oidc-groups-claim', string, '', 'Claim that holds the groups of the user.', (part, value) => {
      part.groupsClaim = value
    }),
    oidc(
      'oidc-groups-prefix',
      string,
      '',
      'Put before every group, so that none is taken for another.',
      (part, value) => {
        part.groupsPrefix = value
      },
    ),
    oidc('oidc-issuer-url', string, '', 'HTTPS URL of the OpenID issuer whose tokens are accepted.', (part, value) => {
      part.issuerUrl = value
    }),
    oidc(
      'oidc-required-claim',
      mapStringStringWhole,
      new Map() as StringMap,
      'key=value that a token must contain. Repeat the flag for more.',
      (part, value) => {
        part.requiredClaims = Object.fromEntries(value)
      },
    ),
    oidc(
      'oidc-signing-algs',
      strings,
      ['RS256'] as readonly string[],
      'Algorithms that tokens may be signed with: RS256, RS384, RS512, ES256, ES384, ES512, PS256, PS384, PS512.',
      (part, value) => {
        part.signingAlgorithms = value
      },
    ),
    oidc('oidc-username-claim', string, 'sub', 'Claim that holds the name of the user.', (part, value) => {
      part.usernameClaim = value
    }),
    oidc(
      'oidc-username-prefix',
      string,
      '',
      'Put before every user name. Without it names other than email addresses get the URL of the issuer; "-" is no prefix.',
      (part, value) => {
        part.usernamePrefix = value
      },
    ),
    flag({
      name: 'requestheader-allowed-names',
      type: strings,
      default: [],
      help: 'Common names that the certificate of the front proxy may have. Empty: any that --requestheader-client-ca-file has signed.',
      apply: (draft, value) => {
        requestHeader(draft).allowedNames = value
      },
    }),
    flag({
      name: 'requestheader-client-ca-file',
      type: string,
      default: '',
      help: 'Certificate authorities of front proxies, whose headers are believed about who is asking. Do not use one that signs certificates of users.',
      apply: (draft, value) => {
        requestHeader(draft).clientCaFile = value
      },
    }),
    flag({
      name: 'requestheader-extra-headers-prefix',
      type: strings,
      default: [],
      help: 'Beginnings of headers that hold extra facts about the user. X-Remote-Extra- is usual.',
      apply: (draft, value) => {
        requestHeader(draft).extraHeaderPrefixes = value
      },
    }),
    flag({
      name: 'requestheader-group-headers',
      type: strings,
      default: [],
      help: 'Headers that hold groups. X-Remote-Group is usual.',
      apply: (draft, value) => {
        requestHeader(draft).groupHeaders = value
      },
    }),
    flag({
      name: 'requestheader-uid-headers',
      type: strings,
      default: [],
      help: 'Headers that hold the UID of the user. X-Remote-Uid is usual.',
      apply: (draft, value) => {
        requestHeader(draft).uidHeaders = value
      },
    }),
    flag({
      name: 'requestheader-username-headers',
      type: strings,
      default: [],
      help: 'Headers that hold the name of the user. X-Remote-User is usual.',
      apply: (draft, value) => {
        requestHeader(draft).usernameHeaders = value
      },
    }),
    flag({
      name: 'service-account-extend-token-expiration',
      type: bool,
      default: true,
      help: 'Let tokens that are mounted into pods live longer than asked for, so that old clients survive which do not read them again.',
      apply: (draft, value) => {
        serviceAccounts(draft).extendTokenExpiration = value
      },
    }),
    flag({
      name: 'service-account-issuer',
      type: stringArray,
      default: [],
      help: 'Issuer of service account tokens, a name or better an HTTPS URL. Repeat the flag to change it: the first is used for new tokens, all are accepted.',
      apply: (draft, value) => {
        serviceAccounts(draft).issuers = value
      },
    }),
    flag({
      name: 'service-account-jwks-uri',
      type: string,
      default: '',
      help: 'Address of the public keys in the OpenID discovery document.',
      apply: (draft, value) => {
        serviceAccounts(draft).jwksUri = value
      },
    }),
    flag({
      name: 'service-account-key-file',
      type: stringArray,
      default: [],
      help: 'PEM file of RSA or ECDSA keys, public or private, that verify service account tokens. Repeat the flag for more. Without it, the key of --service-account-signing-key-file.',
      apply: (draft, value) => {
        serviceAccounts(draft).keyFiles = value
      },
    }),
    flag({
      name: 'service-account-lookup',
      type: bool,
      default: true,
      help: 'Accept a service account token only while what it is bound to exists.',
      apply: (draft, value) => {
        serviceAccounts(draft).lookup = value
      },
    }),
    flag({
      name: 'service-account-max-token-expiration',
      type: duration,
      default: 0,
      help: 'Longest life of a token. Longer requests are cut to it. 0: no limit.',
      apply: (draft, value) => {
        serviceAccounts(draft).maxTokenExpirationMs = value
      },
    }),
    flag({
      name: 'token-auth-file',
      type: string,
      default: '',
      help: 'File of lines token,user,uid,"group,group" whose tokens are accepted.',
      apply: (draft, value) => {
        draft.authentication.tokenAuthFile = value
      },
    }),
  ],
}

// Flags come one by one, these two options as a whole.
const requestHeader = (draft: Draft): Writable<NonNullable<typeof draft.authentication.requestHeader>> => {
  draft.authentication.requestHeader ??= {}
  return draft.authentication.requestHeader
}
const serviceAccounts = (draft: Draft): Writable<NonNullable<typeof draft.authentication.serviceAccounts>> => {
  draft.authentication.serviceAccounts ??= {}
  return draft.authentication.serviceAccounts
}

import { timingSafeEqual } from 'node:crypto'
import type { KubeObject } from '../api/index.js'
import type { TokenAuthenticator, TokenIdentity } from './authenticator.js'

/**
 * `--enable-bootstrap-token-auth`: tokens `id.secret` that lie in Secrets `bootstrap-token-<id>` of kube-system. One that does
 * not fit its Secret is not known, rather than bad: another kind of token may look the same.
 * Source: kubernetes plugin/pkg/auth/authenticator/token/bootstrap.
 *
 * @param secret finds a Secret of kube-system
 */
export function bootstrapTokens(
  secret: (name: string) => KubeObject | undefined | Promise<KubeObject | undefined>,
  now: () => number = Date.now,
): TokenAuthenticator {
  return {
    authenticateToken(token) {
      const parts = /^([a-z0-9]{6})\.([a-z0-9]{16})$/.exec(token)
      if (parts === null) return undefined
      const [, id, key] = parts as unknown as [string, string, string]
      const found = secret(`bootstrap-token-${id}`)
      return found instanceof Promise
        ? found.then((one) => identify(one, id, key, now()))
        : identify(found, id, key, now())
    },
  }
}

function identify(secret: KubeObject | undefined, id: string, key: string, now: number): TokenIdentity | undefined {
  if (secret === undefined || secret.metadata.deletionTimestamp !== undefined) return undefined
  if (secret.type !== 'bootstrap.kubernetes.io/token') return undefined
  const data = (secret.data ?? {}) as Record<string, string | undefined>
  const read = (name: string): string => Buffer.from(data[name] ?? '', 'base64').toString()
  const held = Buffer.from(read('token-secret'))
  const sent = Buffer.from(key)
  if (held.length !== sent.length || !timingSafeEqual(held, sent)) return undefined
  if (read('token-id') !== id || read('usage-bootstrap-authentication') !== 'true') return undefined
  const end = read('expiration')
  if (end !== '' && !(Date.parse(end) > now)) return undefined
  const groups = read('auth-extra-groups')
    .split(',')
    .filter((group) => group !== '')
  if (!groups.every((group) => /^system:bootstrappers:[a-z0-9:-]{0,255}[a-z0-9]$/.test(group))) return undefined
  const all = [...new Set(['system:bootstrappers', ...groups])].sort()
  return { user: { name: `system:bootstrap:${id}`, groups: all }, audiences: undefined }
}

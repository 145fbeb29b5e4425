import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { readKubeconfig } from '../../http/index.js'
import { hostCredentials, webhookCredentials } from './credentials.js'

const folder = mkdtempSync(join(tmpdir(), 'kats-credentials-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function kubeconfig(names: readonly string[], more = '') {
  const users = names.map((name) => `- {name: '${name}', user: {token: 'of ${name}'}}`)
  const file = join(folder, 'config')
  writeFileSync(file, `kind: Config\napiVersion: v1\nusers:\n${users.join('\n')}\n${more}`)
  return readKubeconfig(file)
}

it.each([
  ['hook.ns.svc:443', ['hook.ns.svc:443', 'hook.ns.svc'], 'hook.ns.svc:443'],
  ['hook.ns.svc:443', ['*.ns.svc', 'hook.ns.svc', '*'], 'hook.ns.svc'],
  ['hook.ns.svc:8443', ['*.svc:8443', '*.ns.svc', '*'], '*.svc:8443'],
  ['hook.ns.svc:443', ['*.svc', '*.ns.svc'], '*.ns.svc'],
  ['hook.ns.svc:8443', ['hook.ns.svc', '*'], '*'],
  ['other:443', ['hook'], undefined],
])('%s among %j is %s', async (host, names, user) => {
  const identity = hostCredentials(await kubeconfig(names)).identityFor(host)
  expect(identity?.headers.authorization).toBe(user === undefined ? undefined : `Bearer of ${user}`)
})

it('falls back to the current context', async () => {
  const config = await kubeconfig(['me'], 'contexts: [{name: c, context: {user: me}}]\ncurrent-context: c\n')
  expect(hostCredentials(config).identityFor('a:443')?.headers.authorization).toBe('Bearer of me')
})

it.each([
  [{ kubeConfigFile: 'relative' }, 'kubeConfigFile: Invalid value: "relative": must be an absolute file path'],
  [{ kubeConfigFile: '/none/such' }, 'stat /none/such: no such file or directory'],
  [{ staticManifestsDir: '/x' }, 'staticManifestsDir: Forbidden: staticManifestsDir requires'],
  [{ more: 1 }, 'strict decoding error: unknown field "more"'],
])('refuses %j', async (fields, message) => {
  const document = { kind: 'WebhookAdmissionConfiguration', apiVersion: 'apiserver.config.k8s.io/v1', ...fields }
  await expect(webhookCredentials(document)).rejects.toThrow(message)
})

import { describe, expect, it } from 'vitest'
import { kubernetesRelease } from '../api/index.js'
import type { RequestContext } from '../http/index.js'
import { statusPages } from './status-pages.js'
import { versionInfo } from './version.js'

const pages = statusPages({
  version: versionInfo({ emulated: kubernetesRelease, minCompatibility: { major: 1, minor: 35 } }),
  enabled: () => true,
  flags: { v: '2', 'bind-address': '::' },
  paths: () => ['/healthz/ping', '/healthz', '/metrics', '/apis/apps', '/openapi/v3', '/index.html', '/'],
  startedAt: Date.UTC(2026, 0, 2, 3, 4, 5),
  now: () => Date.UTC(2026, 0, 2, 4, 5, 7),
  cbor: false,
})

function ask(path: string, accept?: string): { type: string; body: string; warnings: string[] } {
  let sent = { type: '', body: '' }
  const warnings = new Set<string>()
  const exchange = {
    headers: accept === undefined ? {} : { accept },
    query: '',
    send: (_: number, type: string, body: Buffer | string) => {
      sent = { type, body: String(body) }
    },
  }
  void pages.get(path)!({ exchange, warnings, query: new URLSearchParams() } as unknown as RequestContext)
  return { ...sent, warnings: [...warnings] }
}

const as = (version: string, kind: string): string => `application/json;g=config.k8s.io;v=${version};as=${kind}`

describe('/flagz and /statusz', () => {
  it('are text for people, whatever they accept that is text', () => {
    for (const accept of [undefined, '', 'text/plain', '*/*', 'text/html,*/*;q=0.8'])
      expect(ask('/flagz', accept).body).toMatch(/^\napiserver flagz\nWarning: .*\nbind-address: ::\nv: 2\n$/)
    expect(ask('/statusz').body).toContain('Started: Fri Jan  2 03:04:05 UTC 2026\n')
    expect(ask('/statusz').body).toContain('Up: 1 hr 01 min 02 sec\n')
  })

  it('are objects for programs that name their kind', () => {
    const { type, body } = ask('/statusz', as('v1beta1', 'Statusz'))
    expect(type).toBe('application/json;g=config.k8s.io;v=v1beta1;as=Statusz')
    expect(JSON.parse(body)).toMatchObject({
      kind: 'Statusz',
      apiVersion: 'config.k8s.io/v1beta1',
      metadata: { name: 'apiserver' },
      startTime: '2026-01-02T03:04:05Z',
      uptimeSeconds: 3662,
      emulationVersion: '1.36',
      paths: ['/healthz', '/metrics'],
    })
    const flags = ask('/flagz', as('v1alpha1', 'Flagz'))
    expect(JSON.parse(flags.body).flags).toEqual({ v: '2', 'bind-address': '::' })
    expect(flags.warnings).toEqual(['This version of the flagz endpoint is deprecated. Please use a newer version.'])
  })

  it.each(['application/json', as('v2', 'Flagz'), as('v1beta1', 'Statusz'), 'text/plain;as=Flagz', 'text/html'])(
    'are nothing as %s',
    (accept) => {
      expect(() => ask('/flagz', accept)).toThrow(
        'only the following media types are accepted: application/json, application/yaml, text/plain',
      )
    },
  )
})

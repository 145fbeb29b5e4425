import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createServer, type Server, type ServerOptions } from '../src/index.js'

const folder = mkdtempSync(join(tmpdir(), 'kats-emulation-'))
const servers = new Map<string, { readonly server: Server; readonly run: Promise<void> }>()

beforeAll(async () => {
  writeFileSync(join(folder, 'tokens.csv'), 'secret,admin,1,system:masters\n')
  for (const emulatedVersion of ['1.33', '1.34', '1.35', '1.36']) {
    const server = await createServer(options({ emulatedVersion }))
    servers.set(emulatedVersion, { server, run: server.run() })
    await server.ready
  }
})

afterAll(async () => {
  for (const { server, run } of servers.values()) {
    await server.close()
    await run
  }
  rmSync(folder, { recursive: true, force: true })
})

const options = (generic: ServerOptions['generic'], runtimeConfig: Record<string, string> = {}): ServerOptions => ({
  authentication: { tokenAuthFile: join(folder, 'tokens.csv') },
  authorization: { modes: ['RBAC'] },
  apiEnablement: { runtimeConfig },
  generic: generic!,
})

interface Answer {
  readonly code: number
  readonly text: string
}

function ask(release: string, path: string, body?: object, headers: Record<string, string> = {}): Promise<Answer> {
  const { server } = servers.get(release)!
  return new Promise((resolve, reject) => {
    const sent = request(
      `${server.url}${path}`,
      {
        method: body === undefined ? 'GET' : 'POST',
        headers: { authorization: 'Bearer secret', 'content-type': 'application/json', ...headers },
        rejectUnauthorized: false,
      },
      (answer) => {
        let text = ''
        answer.on('data', (chunk) => {
          text += chunk
        })
        answer.on('end', () => resolve({ code: answer.statusCode!, text }))
      },
    )
    sent.on('error', reject)
    sent.end(body === undefined ? undefined : JSON.stringify(body))
  })
}

const object = async (release: string, path: string, headers?: Record<string, string>) =>
  JSON.parse((await ask(release, path, undefined, headers)).text)

/** `group/version/resource` and `group/version/resource/subresource` of all that is discovered. */
async function discovered(release: string): Promise<Set<string>> {
  const accept = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList'
  const { items } = (await object(release, '/apis', { accept })) as { items: DiscoveredGroup[] }
  const names = items.flatMap(({ metadata, versions }) =>
    versions.flatMap(({ version, resources }) =>
      resources.flatMap(({ resource, subresources = [] }) => {
        const name = `${metadata.name}/${version}/${resource}`
        return [name, ...subresources.map(({ subresource }) => `${name}/${subresource}`)]
      }),
    ),
  )
  return new Set(names)
}

interface DiscoveredGroup {
  readonly metadata: { readonly name: string }
  readonly versions: readonly {
    readonly version: string
    readonly resources: readonly {
      readonly resource: string
      readonly subresources?: readonly { readonly subresource: string }[]
    }[]
  }[]
}

const policies = [
  'admissionregistration.k8s.io/v1/mutatingadmissionpolicies',
  'admissionregistration.k8s.io/v1/mutatingadmissionpolicybindings',
]
const devices = [
  'resource.k8s.io/v1/deviceclasses',
  'resource.k8s.io/v1/resourceclaims',
  'resource.k8s.io/v1/resourceclaims/status',
  'resource.k8s.io/v1/resourceclaimtemplates',
  'resource.k8s.io/v1/resourceslices',
]

test.each([
  ['1.35', policies],
  ['1.34', policies],
  ['1.33', [...policies, ...devices, 'storage.k8s.io/v1/volumeattributesclasses']],
])('%s lacks what came later, and nothing else', async (release, want) => {
  const [now, then] = await Promise.all([discovered('1.36'), discovered(release)])
  expect([...now].filter((name) => !then.has(name)).sort()).toEqual([...want].sort())
  expect([...then].filter((name) => !now.has(name))).toEqual([])
})

describe('as 1.33', () => {
  test('a group without a version is nowhere', async () => {
    expect(await ask('1.33', '/apis/resource.k8s.io/v1/deviceclasses')).toEqual({
      code: 404,
      text: '404 page not found\n',
    })
    expect((await ask('1.33', '/apis/apiregistration.k8s.io/v1/apiservices/v1.resource.k8s.io')).code).toBe(404)
    const { paths } = await object('1.33', '/openapi/v3')
    expect(Object.keys(paths)).toContain('apis/storage.k8s.io/v1')
    expect(Object.keys(paths)).not.toContain('apis/resource.k8s.io/v1')
  })

  test('a resource that came later is none of its group', async () => {
    const { code, text } = await ask('1.33', '/apis/storage.k8s.io/v1/volumeattributesclasses')
    expect([code, JSON.parse(text).message]).toEqual([404, 'the server could not find the requested resource'])
    expect((await object('1.33', '/openapi/v2')).paths).not.toHaveProperty([
      '/apis/storage.k8s.io/v1/volumeattributesclasses/{name}',
    ])
  })

  test('versions are told', async () => {
    expect(await object('1.33', '/version')).toMatchObject({
      major: '1',
      minor: '36',
      emulationMajor: '1',
      emulationMinor: '33',
      minCompatibilityMajor: '1',
      minCompatibilityMinor: '33',
      gitVersion: 'v1.36.3',
    })
    expect((await object('1.33', '/openapi/v2')).info).toEqual({ title: 'Kubernetes', version: '1.33' })
    const { text } = await ask('1.33', '/metrics')
    expect(text).toContain('version_info{binary="1.36.3",component="kube",emulation="1.33",min_compat="1.33"} 1')
    expect(text).toContain('kubernetes_feature_enabled{name="DRAAdminAccess",stage="ALPHA"} 0')
    expect(text).not.toContain('name="DRAConsumableCapacity"')
  })

  test('pages and roles of later features are not there', async () => {
    expect((await ask('1.33', '/statusz')).code).toBe(404)
    const roles = '/apis/rbac.authorization.k8s.io/v1/clusterroles'
    expect((await ask('1.33', `${roles}/system:controller:resource-claim-controller`)).code).toBe(404)
    expect((await ask('1.34', `${roles}/system:controller:resource-claim-controller`)).code).toBe(200)
    expect((await ask('1.34', `${roles}/system:monitoring`)).text).not.toContain('/flagz')
    expect((await ask('1.36', `${roles}/system:monitoring`)).text).toContain('/flagz')
  })
})

test('new expressions use what the release before knows', async () => {
  const policy = {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingAdmissionPolicy',
    metadata: { name: 'a' },
    spec: {
      matchConstraints: {
        resourceRules: [{ apiGroups: [''], apiVersions: ['v1'], resources: ['pods'], operations: ['CREATE'] }],
      },
      validations: [{ expression: '[1].distinct() == [1]' }],
    },
  }
  const path = '/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies?dryRun=All'
  const codes = ['1.33', '1.34', '1.35'].map(async (release) => (await ask(release, path, policy)).code)
  expect(await Promise.all(codes)).toEqual([422, 422, 201])
})

test('what is stored stays readable for the release before', async () => {
  const hashes = async (release: string, path: string) =>
    Object.fromEntries(
      (await object(release, path)).resources.map((r: Record<string, string>) => [r.name, r.storageVersionHash]),
    )
  // Of v1beta2 and v1beta1, and of v1.
  expect(await hashes('1.34', '/apis/resource.k8s.io/v1')).toMatchObject({ resourceslices: 'z6Bc9vgk6yE=' })
  expect(await hashes('1.35', '/apis/resource.k8s.io/v1')).toMatchObject({ resourceslices: 'KsC072WgaEY=' })
  expect(await hashes('1.34', '/apis/storage.k8s.io/v1')).toMatchObject({ volumeattributesclasses: 'Bl3MtjZ/n/s=' })
  expect(await hashes('1.36', '/apis/storage.k8s.io/v1')).toMatchObject({ volumeattributesclasses: 'tIjydgKBC5w=' })
})

test('what came later cannot be asked for', async () => {
  await expect(createServer(options({ emulatedVersion: '1.33' }, { 'resource.k8s.io/v1': 'true' }))).rejects.toThrow(
    'cannot enable version resource.k8s.io/v1 in runtime-config because all the resources have been introduced after the current version 1.33.',
  )
})

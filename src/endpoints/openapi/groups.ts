import type { APIGroupInfo, Resource } from '../../registry/index.js'
import { objectTypes } from '../negotiate.js'
import { customModels, type Models } from './custom-models.js'
import {
  groupIdentifier,
  identifier,
  informationOperation,
  type PathOperations,
  resourceOperations,
} from './operations.js'

/** One document of version 3, and one part of the only document of version 2. */
export interface Section {
  /** `apis/apps/v1`, as the index of version 3 names it. */
  readonly name: string
  /** Set for the documents of a built-in group version. */
  readonly only?: { readonly group: string; readonly version: string }
  /** Of custom resources: their documents of version 3 are of another make. */
  readonly isCustom?: boolean
  /** Of its document of version 3. Default: the server's. */
  readonly info?: { readonly title: string; readonly version: string }
  /** Definitions of its own, which no facts know. */
  models?(): Models
  /** Its paths in slices, so that a long document can be made a little at a time. */
  slices(): Iterable<readonly PathOperations[]>
}

/** The sections of a server that serves these groups, in the order of their names. */
export function sectionsOf(groups: readonly APIGroupInfo[], cbor = false): readonly Section[] {
  const sections: Section[] = [...fixed()]
  for (const group of groups) {
    // What there is of a group is told for built-in ones only.
    if (group.group !== '' && !group.resources.every(isCustomResource)) sections.push(groupSection(group))
    for (const version of group.versions) {
      if (group.resources.some((resource) => resource.versions.some((v) => v.version === version))) {
        sections.push(versionSection(group, version, cbor))
      }
    }
  }
  return sections.sort((a, b) => (a.name < b.name ? -1 : 1))
}

/** Source: apiextensions pkg/controller/openapi/builder. */
const customInfo = { title: 'Kubernetes CRD Swagger', version: 'v0.1.0' }

function versionSection(group: APIGroupInfo, version: string, cbor: boolean): Section {
  const types = cbor ? [...objectTypes, 'application/cbor'] : objectTypes
  const name = group.group === '' ? `api/${version}` : `apis/${group.group}/${version}`
  const isCustom = group.resources.some(isCustomResource)
  return {
    name,
    ...(isCustom ? { info: customInfo, isCustom } : { only: { group: group.group, version } }),
    models: () =>
      new Map(
        group.resources.flatMap((resource) => {
          const custom = resource.versions.find((v) => v.version === version && v.form !== undefined)
          return custom === undefined ? [] : [...customModels(resource, custom)]
        }),
      ),
    *slices() {
      const id = groupIdentifier(group.group)
      // What is there of a custom group version is told for built-in ones only.
      if (!isCustom)
        yield [
          information(`/${name}/`, {
            id: `get${identifier(id, true)}${identifier(version, true)}APIResources`,
            tag: `${identifier(id, false)}_${identifier(version, false)}`,
            text: 'get available resources',
            ref: 'meta.v1.APIResourceList',
            consumes: types,
            produces: types,
          }),
        ]
      for (const resource of group.resources) {
        if (resource.versions.some((v) => v.version === version)) yield resourceOperations(resource, version, cbor)
      }
    },
  }
}

const isCustomResource = ({ versions }: Resource): boolean => versions.some((v) => v.form !== undefined)

function groupSection({ group }: APIGroupInfo): Section {
  const id = groupIdentifier(group)
  return single(
    `apis/${group}`,
    information(`/apis/${group}/`, {
      id: `get${identifier(id, true)}APIGroup`,
      tag: identifier(id, false),
      text: 'get information of a group',
      ref: 'meta.v1.APIGroup',
    }),
  )
}

const single = (name: string, path: PathOperations): Section => ({ name, slices: () => [[path]] })

interface Information {
  readonly id: string
  readonly tag: string
  readonly text: string
  readonly ref: string | undefined
  readonly consumes?: readonly string[]
  readonly produces?: readonly string[]
}

const information = (path: string, { id, tag, text, ref, consumes, produces }: Information): PathOperations =>
  informationOperation(
    path,
    {
      operationId: id,
      tag,
      description: text,
      consumes: consumes ?? objectTypes,
      produces: produces ?? objectTypes,
    },
    ref,
  )

const json = ['application/json']

/** What every kube-apiserver has besides its groups. */
const fixed = (): readonly Section[] => [
  single(
    'api',
    information('/api/', {
      id: 'getCoreAPIVersions',
      tag: 'core',
      text: 'get available API versions',
      ref: 'meta.v1.APIVersions',
    }),
  ),
  single(
    'apis',
    information('/apis/', {
      id: 'getAPIVersions',
      tag: 'apis',
      text: 'get available API versions',
      ref: 'meta.v1.APIGroupList',
    }),
  ),
  single(
    'version',
    information('/version/', {
      id: 'getCodeVersion',
      tag: 'version',
      text: 'get the version information for this server',
      ref: 'version.Info',
      consumes: json,
      produces: json,
    }),
  ),
  single(
    '.well-known/openid-configuration',
    information('/.well-known/openid-configuration/', {
      id: 'getServiceAccountIssuerOpenIDConfiguration',
      tag: 'WellKnown',
      text: "get service account issuer OpenID configuration, also known as the 'OIDC discovery doc'",
      ref: undefined,
      consumes: [],
      produces: json,
    }),
  ),
  single(
    'openid/v1/jwks',
    information('/openid/v1/jwks/', {
      id: 'getServiceAccountIssuerOpenIDKeyset',
      tag: 'openid',
      text: 'get service account issuer OpenID JSON Web Key Set (contains public token verification keys)',
      ref: undefined,
      consumes: [],
      produces: ['application/jwk-set+json'],
    }),
  ),
]

import { facts, factsName } from '../../api/index.js'
import type { GroupVersionKind, Resource, Subresource, Verb } from '../../registry/index.js'
import { objectTypes } from '../negotiate.js'
import { customRef } from './custom-models.js'
import {
  type Body,
  deleteBody,
  deleteCollectionParameters,
  deleteParameters,
  getParameters,
  listParameters,
  nameParameter,
  namespaceParameter,
  optionParameters,
  type Parameter,
  patchBody,
  patchParameters,
  pathParameter,
  pretty,
  writeParameters,
} from './parameters.js'

export type Method = 'get' | 'put' | 'post' | 'delete' | 'options' | 'head' | 'patch'

/** An operation before it takes the form of either version of OpenAPI. */
export interface Operation {
  readonly method: Method
  readonly operationId: string
  readonly tag: string
  readonly description: string
  readonly consumes: readonly string[]
  readonly produces: readonly string[]
  readonly parameters: readonly Parameter[]
  readonly body?: Body
  /** Codes of success with the type of the facts they carry; undefined: a plain string. */
  readonly responses: readonly (readonly [code: number, ref: string | undefined])[]
  readonly action?: string
  readonly kind?: GroupVersionKind
}

/** A path with its operations. */
export interface PathOperations {
  readonly path: string
  readonly operations: readonly Operation[]
}

/** The media types of built-in resources. */
interface MediaTypes {
  readonly object: readonly string[]
  readonly stream: readonly string[]
  readonly patch: readonly string[]
}

const withoutCbor: MediaTypes = {
  object: objectTypes,
  stream: [...objectTypes, 'application/json;stream=watch', 'application/vnd.kubernetes.protobuf;stream=watch'],
  patch: [
    'application/json-patch+json',
    'application/merge-patch+json',
    'application/strategic-merge-patch+json',
    'application/apply-patch+yaml',
  ],
}
const withCbor: MediaTypes = {
  object: [...objectTypes, 'application/cbor'],
  stream: [
    ...objectTypes,
    'application/cbor',
    'application/json;stream=watch',
    'application/vnd.kubernetes.protobuf;stream=watch',
    'application/cbor-seq',
  ],
  patch: [...withoutCbor.patch, 'application/apply-patch+cbor'],
}
const anything: readonly string[] = ['*/*']

/** All paths of one version of a resource. Source: apiserver pkg/endpoints/installer.go. */
export function resourceOperations(resource: Resource, version: string, cbor = false): readonly PathOperations[] {
  const paths: PathOperations[] = []
  const add = (path: string, operations: readonly (Operation | undefined)[]): void => {
    const present = operations.filter((operation) => operation !== undefined)
    if (present.length > 0) paths.push({ path, operations: present })
  }
  const { group, kind, namespaced, verbs } = resource
  const root = group === '' ? `/api/${version}` : `/apis/${group}/${version}`
  const scope = namespaced ? '/namespaces/{namespace}' : ''
  const types = cbor ? withCbor : withoutCbor
  const make = new Maker(resource, version, types)
  const list = verbs.has('list')
  const watch = verbs.has('watch')

  add(`${root}${scope}/${resource.resource}`, [
    list ? make.list() : undefined,
    verbs.has('create') ? make.create() : undefined,
    verbs.has('deletecollection') ? make.deleteCollection() : undefined,
  ])
  add(`${root}${scope}/${resource.resource}/{name}`, [
    verbs.has('get') ? make.read() : undefined,
    verbs.has('update') ? make.replace() : undefined,
    verbs.has('delete') ? make.remove() : undefined,
    verbs.has('patch') ? make.patch() : undefined,
  ])
  for (const subresource of resource.subresources) {
    const path = `${root}${scope}/${resource.resource}/{name}/${subresource.name}`
    const sub = new Maker(resource, version, types, subresource)
    if (isConnect(subresource)) {
      add(path, sub.connect(false))
      if (subresource.name === 'proxy') add(`${path}/{path}`, sub.connect(true))
      continue
    }
    const has = (verb: Verb): boolean => subresource.verbs.has(verb)
    add(path, [
      has('get') ? sub.read() : undefined,
      has('update') ? sub.replace() : undefined,
      has('create') ? sub.create() : undefined,
      has('patch') ? sub.patch() : undefined,
    ])
  }
  if (list && namespaced) add(`${root}/${resource.resource}`, [make.list(true)])
  // Nobody tells of the deprecated paths of custom resources.
  if (watch && !isCustom(resource)) {
    add(`${root}/watch${scope}/${resource.resource}`, [make.watch('watchlist', `${kind}List`)])
    if (verbs.has('get')) add(`${root}/watch${scope}/${resource.resource}/{name}`, [make.watch('watch', kind)])
    if (namespaced) add(`${root}/watch/${resource.resource}`, [make.watch('watchlist', `${kind}ListForAllNamespaces`)])
  }
  return paths
}

/** An operation that lists resources, groups or versions, and other plain reads. */
export function informationOperation(
  path: string,
  operation: Pick<Operation, 'operationId' | 'tag' | 'description' | 'consumes' | 'produces'>,
  ref: string | undefined,
): PathOperations {
  return { path, operations: [{ ...operation, method: 'get', parameters: [], responses: [[200, ref]] }] }
}

/** `rbac.authorization.k8s.io` → `rbacAuthorization`: in tags and operation ids. */
export function identifier(text: string, capital: boolean): string {
  const parts = text.split(/[^a-z0-9_]+/).filter((part) => part !== '')
  return parts.map((part, i) => (i > 0 || capital ? title(part) : part)).join('')
}

export const groupIdentifier = (group: string): string => (group === '' ? 'core' : group.replace(/\.k8s\.io$/, ''))
const title = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)

const isCustom = (resource: Resource): boolean => resource.versions.some(({ form }) => form !== undefined)
const textTypes: readonly string[] = ['application/json', 'application/yaml']
const customPatchTypes = withoutCbor.patch.filter((type) => type !== 'application/strategic-merge-patch+json')

/** Connecters take an options object instead of the kind. */
const isConnect = (subresource: Subresource): boolean => subresource.responseKind.kind.endsWith('Options')

const proxyMethods: readonly Method[] = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch']

// These answer a DELETE with the object, but upstream's OpenAPI does not know.
const silent = new Set(['/namespaces', '/replicationcontrollers', 'batch/jobs'])

/** Makes the operations of a resource or of one of its subresources. */
class Maker {
  readonly #tag: string
  readonly #prefix: string
  readonly #subject: string
  readonly #namespaced: boolean
  readonly #kind: GroupVersionKind
  readonly #returnsDeleted: boolean
  readonly #custom: boolean
  readonly #name: Parameter

  constructor(
    readonly resource: Resource,
    version: string,
    readonly types: MediaTypes,
    readonly subresource?: Subresource,
  ) {
    const group = groupIdentifier(resource.group)
    this.#tag = `${identifier(group, false)}_${identifier(version, false)}`
    this.#prefix = identifier(group, true) + identifier(version, true)
    this.#subject = resource.kind + (subresource === undefined ? '' : title(subresource.name))
    this.#namespaced = resource.namespaced
    this.#custom = isCustom(resource)
    this.#returnsDeleted =
      resource.rules.returnDeletedObject === true && !silent.has(`${resource.group}/${resource.resource}`)
    const own: GroupVersionKind = { group: resource.group, version, kind: resource.kind }
    const kind = subresource?.responseKind
    const named = this.#custom ? own.kind : (kind?.kind ?? own.kind)
    this.#name = { ...nameParameter, text: `name of the ${named}` }
    this.#kind = kind === undefined ? own : kind.version === '' ? { ...own, kind: kind.kind } : kind
  }

  list(everywhere = false): Operation {
    const what = everywhere ? `${this.#subject}ForAllNamespaces` : this.#scoped(this.#subject)
    return this.#operation(
      'get',
      'list',
      `list${this.#prefix}${what}`,
      `${this.#custom || !this.resource.verbs.has('watch') ? 'list' : 'list or watch'} objects of kind ${this.#custom ? this.resource.kind : this.#kind.kind}`,
      {
        produces: this.types.stream,
        parameters: listParameters,
        responses: [[200, this.#listRef()]],
        everywhere,
        collection: true,
      },
    )
  }

  watch(action: 'watch' | 'watchlist', what: string): Operation {
    const everywhere = what.endsWith('ForAllNamespaces')
    const scoped = everywhere ? what : this.#scoped(what)
    return this.#operation(
      'get',
      action,
      `watch${this.#prefix}${scoped}`,
      `watch ${action === 'watch' ? 'changes to an object of kind' : 'individual changes to a list of'} ${this.#kind.kind}. ` +
        "deprecated: use the 'watch' parameter with a list operation instead" +
        (action === 'watch' ? ", filtered to a single item with the 'fieldSelector' parameter." : '.'),
      {
        produces: this.types.stream,
        parameters: listParameters,
        responses: [[200, 'meta.v1.WatchEvent']],
        everywhere,
        collection: action === 'watchlist',
      },
    )
  }

  create(): Operation {
    const ref = this.#kindRef()
    return this.#operation(
      'post',
      'post',
      `create${this.#prefix}${this.#scoped(this.#subject)}`,
      this.#text('create', 'a'),
      {
        parameters: writeParameters,
        body: { ref, required: true },
        responses: [200, 201, 202].map((code) => [code, ref] as const),
        collection: this.subresource === undefined,
      },
    )
  }

  deleteCollection(): Operation {
    return this.#operation(
      'delete',
      'deletecollection',
      `delete${this.#prefix}Collection${this.#scoped(this.#subject)}`,
      `delete collection of ${this.#kind.kind}`,
      {
        // Upstream's definitions of custom resources make a list of it.
        ...(this.#custom
          ? { parameters: listParameters }
          : { parameters: deleteCollectionParameters, body: deleteBody }),
        responses: [[200, 'meta.v1.Status']],
        collection: true,
      },
    )
  }

  read(): Operation {
    const log = this.subresource?.name === 'log'
    return this.#operation(
      'get',
      'get',
      `read${this.#prefix}${this.#scoped(this.#subject)}`,
      this.#text('read', 'the specified'),
      {
        produces: log ? ['text/plain', ...this.types.object] : this.types.object,
        parameters: log ? optionParameters('PodLogOptions') : this.#custom ? getParameters : [],
        responses: [[200, log ? undefined : this.#kindRef()]],
      },
    )
  }

  replace(): Operation {
    const ref = this.#kindRef()
    return this.#operation(
      'put',
      'put',
      `replace${this.#prefix}${this.#scoped(this.#subject)}`,
      this.#text('replace', 'the specified'),
      {
        parameters: writeParameters,
        body: { ref, required: true },
        responses: [200, 201].map((code) => [code, ref] as const),
      },
    )
  }

  patch(): Operation {
    const ref = this.#kindRef()
    return this.#operation(
      'patch',
      'patch',
      `patch${this.#prefix}${this.#scoped(this.#subject)}`,
      this.#text('partially update', 'the specified'),
      {
        consumes: this.types.patch,
        parameters: patchParameters,
        body: patchBody,
        responses: (this.#custom ? [200] : [200, 201]).map((code) => [code, ref] as const),
      },
    )
  }

  remove(): Operation {
    const ref = this.#returnsDeleted ? this.#kindRef() : 'meta.v1.Status'
    return this.#operation(
      'delete',
      'delete',
      `delete${this.#prefix}${this.#scoped(this.#subject)}`,
      this.#text('delete', 'a'),
      {
        parameters: deleteParameters,
        body: deleteBody,
        responses: [200, 202].map((code) => [code, ref] as const),
      },
    )
  }

  connect(withPath: boolean): readonly Operation[] {
    const methods: readonly Method[] = this.subresource!.verbs.has('update') ? proxyMethods : ['get', 'post']
    return methods.map((method) =>
      this.#operation(
        method,
        'connect',
        `connect${this.#prefix}${title(method)}${this.#scoped(this.#subject)}${withPath ? 'WithPath' : ''}`,
        `connect ${method.toUpperCase()} requests to ${this.subresource!.name} of ${this.resource.kind}`,
        {
          produces: anything,
          parameters: [...optionParameters(this.#kind.kind), ...(withPath ? [pathParameter] : [])],
          responses: [[200, undefined]],
          plain: true,
        },
      ),
    )
  }

  #kindRef(): string {
    const { group, version, kind } = this.#kind
    return this.#isOwn ? customRef(group, version, kind) : kindRef(this.#kind)
  }

  #listRef(): string {
    const { group, version } = this.#kind
    const own = this.resource.versions.find((candidate) => candidate.version === version)
    return this.#isOwn && own !== undefined ? customRef(group, version, own.listKind) : listRef(this.#kind)
  }

  /** The type is the custom resource's own, and not that of its scale. */
  get #isOwn(): boolean {
    return this.#custom && this.#kind.group === this.resource.group
  }

  #scoped(what: string): string {
    return this.#namespaced ? `Namespaced${what}` : what
  }

  #text(verb: string, article: string): string {
    const what = this.subresource === undefined ? '' : `${this.subresource.name} of `
    // What reads as a plural has none.
    if (article === 'a' && what === '' && /[^s]s$/.test(this.#kind.kind)) return `${verb} ${this.resource.kind}`
    const shown = article === 'a' && what === '' ? `${/^[AEIOU]/.test(this.#kind.kind) ? 'an' : 'a'}` : article
    return `${verb} ${what}${what !== '' && article === 'a' ? 'a' : shown} ${this.resource.kind}`
  }

  #operation(
    method: Method,
    action: string,
    operationId: string,
    description: string,
    details: Pick<Operation, 'parameters' | 'responses'> &
      Partial<Pick<Operation, 'consumes' | 'produces' | 'body'>> & {
        readonly everywhere?: boolean
        readonly collection?: boolean
        /** Without `pretty`. */
        readonly plain?: boolean
      },
  ): Operation {
    const {
      everywhere,
      collection,
      plain,
      consumes = anything,
      produces = this.types.object,
      parameters,
      ...rest
    } = details
    return {
      method,
      action,
      operationId,
      description,
      tag: this.#tag,
      kind: this.#custom ? { ...this.#kind, group: this.resource.group, kind: this.resource.kind } : this.#kind,
      consumes: !this.#custom ? consumes : consumes === this.types.patch ? customPatchTypes : textTypes,
      produces: this.#custom ? textTypes : produces,
      parameters: [
        ...parameters,
        ...(collection ? [] : [this.#name]),
        ...(this.#namespaced && !everywhere ? [namespaceParameter] : []),
        ...(plain ? [] : [pretty]),
      ],
      ...rest,
    }
  }
}

/** The type of the facts behind a kind. */
function kindRef({ group, version, kind }: GroupVersionKind): string {
  const name = factsName(group, version)
  if (name === undefined) throw new Error(`no facts about ${group}/${version}`)
  return `${name}.${facts(name).kinds[kind]?.type ?? kind}`
}

function listRef({ group, version, kind }: GroupVersionKind): string {
  const name = factsName(group, version)
  if (name === undefined) throw new Error(`no facts about ${group}/${version}`)
  return `${name}.${facts(name).kinds[kind]?.list ?? `${kind}List`}`
}

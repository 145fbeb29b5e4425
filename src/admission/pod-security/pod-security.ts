import { type ApiError, forbidden, internalError, invalid, type KubeObject } from '../../api/index.js'
import type { AdmissionAttributes, AdmissionPlugin } from '../admission.js'
import type { ObjectReader, ObjectScan } from '../objects.js'
import { baseline } from './baseline.js'
import { PodChecks, type Violations } from './checks.js'
import { existingPodWarnings } from './existing-pods.js'
import type { PodSecurityObserver } from './observer.js'
import { type Container, type Pod, podOf } from './pod.js'
import {
  equivalentLevels,
  hasLabel,
  isPrivileged,
  isStricter,
  type LevelVersion,
  levelText,
  type Policy,
  policyOf,
  sameLevel,
} from './policy.js'
import { restricted } from './restricted.js'
import { hasTemplate, templateOf } from './templates.js'

/** What holds where namespaces say nothing, and who is let off. */
export interface PodSecurityConfiguration {
  readonly defaults: Policy
  readonly exemptions: {
    readonly usernames: readonly string[]
    readonly namespaces: readonly string[]
    readonly runtimeClasses: readonly string[]
  }
}

const lax: LevelVersion = { level: 'privileged', version: 'latest' }
const laxText = levelText(lax)
export const defaultPodSecurity: PodSecurityConfiguration = {
  defaults: { enforce: lax, audit: lax, warn: lax },
  exemptions: { usernames: [], namespaces: [], runtimeClasses: [] },
}

const otherSubresources = new Set(['exec', 'attach', 'binding', 'eviction', 'log', 'portforward', 'proxy', 'status'])

/**
 * Holds pods to the Pod Security Standards that their namespace asks for by labels: refuses pods, warns of pods and of
 * whatever makes them, and tells the audit log.
 *
 * @param podsOf the pods of a namespace, read one after the other
 * @param emulatedMinor the minor version of Kubernetes whose standards are the latest. Default: the newest
 * @see pod-security-admission admission/admission.go
 */
export function podSecurity(
  objects: ObjectReader,
  podsOf: ObjectScan,
  { defaults, exemptions }: PodSecurityConfiguration = defaultPodSecurity,
  observer?: PodSecurityObserver,
  emulatedMinor?: number,
): AdmissionPlugin {
  const checks = new PodChecks(baseline, restricted, emulatedMinor)
  const isExempt = (runtimeClass: string | undefined) =>
    runtimeClass !== undefined && runtimeClass !== '' && exemptions.runtimeClasses.includes(runtimeClass)

  const exemption = ({ namespace, user }: AdmissionAttributes): string | undefined =>
    exemptions.namespaces.includes(namespace)
      ? 'namespace'
      : user !== undefined && exemptions.usernames.includes(user.name)
        ? 'user'
        : undefined

  /** Of a namespace as it is stored: the reader gives the same object until it changes. */
  const policies = new WeakMap<KubeObject, ReturnType<typeof policyOf>>()
  const policyFor = (namespace: KubeObject): ReturnType<typeof policyOf> => {
    let known = policies.get(namespace)
    if (known === undefined) {
      known = policyOf(namespace.metadata.labels, defaults)
      policies.set(namespace, known)
    }
    return known
  }

  const validatePod = (attributes: AdmissionAttributes, object: KubeObject): void => {
    if (otherSubresources.has(attributes.subresource)) return
    const exempt = exemption(attributes)
    if (exempt !== undefined) {
      observer?.exempted(attributes)
      annotate(attributes, 'exempt', exempt)
      return
    }
    const namespace = objects.find('/namespaces', '', attributes.namespace)
    if (namespace === undefined) {
      observer?.failed(true, attributes)
      throw internalError(`failed to lookup namespace "${attributes.namespace}"`)
    }
    const { policy, errors } = policyFor(namespace)
    if (errors.empty && isPrivileged(policy)) {
      observer?.evaluated('allow', policy.enforce, 'enforce', attributes)
      annotate(attributes, 'enforce-policy', laxText)
      return
    }
    const { operation, oldObject } = attributes
    if (operation === 'UPDATE' && oldObject !== undefined && !isSignificant(object, oldObject)) return
    const pod = podOf(object.metadata.annotations, object.spec)
    evaluate(attributes, pod, policy, errors.empty ? undefined : errors.message, true)
  }

  const validateTemplate = (attributes: AdmissionAttributes, resource: string, object: KubeObject): void => {
    if (attributes.subresource !== '') return
    const exempt = exemption(attributes)
    if (exempt !== undefined) {
      observer?.exempted(attributes)
      annotate(attributes, 'exempt', exempt)
      return
    }
    const namespace = objects.find('/namespaces', '', attributes.namespace)
    if (namespace === undefined) return
    const { policy, errors } = policyFor(namespace)
    if (errors.empty && policy.warn.level === 'privileged' && policy.audit.level === 'privileged') return
    const pod = templateOf(resource, object)
    if (pod !== undefined) evaluate(attributes, pod, policy, errors.empty ? undefined : errors.message, false)
  }

  const evaluate = (
    attributes: AdmissionAttributes,
    pod: Pod,
    policy: Policy,
    labelErrors: string | undefined,
    enforce: boolean,
  ): void => {
    if (isExempt(pod.spec.runtimeClassName)) {
      observer?.exempted(attributes)
      annotate(attributes, 'exempt', 'runtimeClass')
      return
    }
    if (labelErrors !== undefined) {
      observer?.failed(false, attributes)
      annotate(attributes, 'error', `Failed to parse policy: ${labelErrors}`)
    }
    const known = new Map<string, Violations | undefined>()
    const judge = (level: LevelVersion): Violations | undefined => {
      const name = levelText(level)
      if (!known.has(name)) known.set(name, checks.evaluate(pod, level))
      return known.get(name)
    }
    let refusal: ApiError | undefined
    if (enforce) {
      annotate(attributes, 'enforce-policy', levelText(policy.enforce))
      const found = judge(policy.enforce)
      observer?.evaluated(found === undefined ? 'allow' : 'deny', policy.enforce, 'enforce', attributes)
      if (found !== undefined)
        refusal = forbidden(
          attributes.resource,
          attributes.name,
          `violates PodSecurity "${levelText(policy.enforce)}": ${found.details}`,
        )
    }
    const audited = judge(policy.audit)
    if (audited !== undefined) {
      observer?.evaluated('deny', policy.audit, 'audit', attributes)
      const text = `would violate PodSecurity "${levelText(policy.audit)}": ${audited.details}`
      annotate(attributes, 'audit-violations', text)
    }
    if (refusal !== undefined) throw refusal
    const warned = judge(policy.warn)
    if (warned === undefined) return
    observer?.evaluated('deny', policy.warn, 'warn', attributes)
    attributes.warn(`would violate PodSecurity "${levelText(policy.warn)}": ${warned.details}`)
  }

  const validateNamespace = async (attributes: AdmissionAttributes, object: KubeObject): Promise<void> => {
    const { operation, oldObject, subresource, namespace } = attributes
    if (subresource !== '') return
    const { policy, errors } = policyOf(object.metadata.labels, defaults)
    const before = operation === 'UPDATE' ? policyOf(oldObject?.metadata.labels, defaults) : undefined
    const old = before?.errors.empty === false ? before.errors.message : undefined
    if (!errors.empty && errors.message !== old)
      throw invalid({ group: '', kind: 'Namespace' }, attributes.name, errors)
    if (before !== undefined) {
      const { level, version } = policy.enforce
      const was = before.policy.enforce
      if (sameLevel(policy.enforce, was) || level === 'privileged') return
      if (version === was.version && !isStricter(level, was.level)) return
    }
    if (exemptions.namespaces.includes(namespace)) {
      const text = exemptNamespaceWarning(object, policy, defaults)
      if (text !== undefined) attributes.warn(text)
      return
    }
    if (before === undefined) return
    const name = object.metadata.name ?? ''
    for (const text of await existingPodWarnings(name, podsOf, checks, policy.enforce, isExempt)) attributes.warn(text)
  }

  return {
    name: 'PodSecurity',
    handles: (operation) => operation === 'CREATE' || operation === 'UPDATE',
    validate(attributes) {
      const { resource, object } = attributes
      if (object === undefined) return
      if (resource.resource === 'pods' && resource.group === '') return validatePod(attributes, object)
      const name = `${resource.group}/${resource.resource}`
      if (name === '/namespaces') return validateNamespace(attributes, object)
      if (hasTemplate(name)) validateTemplate(attributes, name, object)
    },
  }
}

function annotate(attributes: AdmissionAttributes, name: string, text: string): void {
  attributes.annotate?.(`pod-security.kubernetes.io/${name}`, text)
}

/** Whether an update touches what policies look at: which containers there are, and their images. */
function isSignificant({ spec = {} }: KubeObject, { spec: old = {} }: KubeObject): boolean {
  const changed = (now: readonly Container[] = [], before: readonly Container[] = []) =>
    now.length !== before.length || now.some(({ image }, i) => image !== before[i]!.image)
  if (changed(spec.containers, old.containers) || changed(spec.initContainers, old.initContainers)) return true
  const ephemeral: readonly Container[] = old.ephemeralContainers ?? []
  return ((spec.ephemeralContainers ?? []) as Container[]).some(
    ({ name, image }) => ephemeral.find((container) => container.name === name)?.image !== image,
  )
}

function exemptNamespaceWarning({ metadata }: KubeObject, policy: Policy, defaults: Policy): string | undefined {
  const modes = ['enforce', 'audit', 'warn'] as const
  if (isPrivileged(policy) || modes.every((mode) => equivalentLevels(policy[mode], defaults[mode]))) return undefined
  const labels = metadata.labels ?? {}
  const told = modes
    .filter((mode) => policy[mode].level !== 'privileged')
    .filter((mode) => hasLabel(labels, mode) || hasLabel(labels, `${mode}-version`))
    .map((mode) => `${mode}=${levelText(policy[mode])}`)
  return `namespace "${metadata.name}" is exempt from Pod Security, and the policy (${told.join(', ')}) will be ignored`
}

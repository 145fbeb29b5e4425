import {
  child,
  index,
  ipWarnings,
  isDns1123Label,
  isLabelValue,
  type KubeObject,
  key,
  type ObjectMeta,
  quote,
} from '../../../api/index.js'
import { annotation, appArmorContainer, seccompContainer, seccompPod } from './annotations.js'
import { appArmorOfAnnotation } from './app-armor.js'
import { environmentWarnings, fractionWarnings, portWarnings } from './container-warnings.js'
import { forEachContainer } from './containers.js'
import { semanticEqual } from './semantic-equal.js'
import type { Container, NodeSelectorTerm, PodSpec, PodTemplateSpec } from './types.js'
import { preferred, required } from './validate-affinity.js'
import { volumeWarnings } from './volume-warnings.js'

/** Texts for Warning headers about a new pod. Upstream: WarningsOnCreate of the pod strategy. */
export function podWarnings(pod: KubeObject): string[] {
  const warnings: string[] = []
  const wrong = isDns1123Label(pod.metadata.name ?? '')
  if (wrong.length > 0) {
    const text =
      "this is used in the Pod's hostname, which can result in surprising behavior; a DNS label is recommended"
    warnings.push(`metadata.name: ${text}: [${wrong.join(' ')}]`)
  }
  specWarnings('', pod.spec ?? {}, pod.metadata, warnings)
  return warnings
}

/** The same for a template at `path` of another object. Upstream: GetWarningsForPodTemplate. */
export function podTemplateWarnings(
  path: string,
  template: PodTemplateSpec | undefined,
  _old?: PodTemplateSpec | undefined,
): string[] {
  const warnings: string[] = []
  if (template) specWarnings(path, template.spec ?? {}, template.metadata ?? {}, warnings)
  return warnings
}

/** What labels of nodes have been replaced with. */
const deprecatedNodeLabels: ReadonlyMap<string, string> = new Map([
  ['beta.kubernetes.io/arch', 'deprecated since v1.14; use "kubernetes.io/arch" instead'],
  ['beta.kubernetes.io/os', 'deprecated since v1.14; use "kubernetes.io/os" instead'],
  ['failure-domain.beta.kubernetes.io/region', 'deprecated since v1.17; use "topology.kubernetes.io/region" instead'],
  ['failure-domain.beta.kubernetes.io/zone', 'deprecated since v1.17; use "topology.kubernetes.io/zone" instead'],
  ['beta.kubernetes.io/instance-type', 'deprecated since v1.17; use "node.kubernetes.io/instance-type" instead'],
  ['app.kubernetes.io/created-by', 'deprecated since v1.9'],
  ['scheduler.alpha.kubernetes.io/preferAvoidPods', 'deprecated since v1.22; use Taints and Tolerations instead'],
  ['node-role.kubernetes.io/master', 'use "node-role.kubernetes.io/control-plane" instead'],
])

const deprecatedAnnotations: ReadonlyMap<string, string> = new Map([
  ['scheduler.alpha.kubernetes.io/critical-pod', 'non-functional in v1.16+; use the "priorityClassName" field instead'],
  ['security.alpha.kubernetes.io/sysctls', 'non-functional in v1.11+; use the "sysctls" field instead'],
  ['security.alpha.kubernetes.io/unsafe-sysctls', 'non-functional in v1.11+; use the "sysctls" field instead'],
])

/** `path` is empty for a pod itself. Source: pkg/api/pod/warnings.go. */
function specWarnings(path: string, spec: PodSpec, meta: ObjectMeta, warnings: string[]): void {
  const specPath = child(path, 'spec')
  const annotations = child(path, 'metadata.annotations')
  for (const label of Object.keys(spec.nodeSelector ?? {})) {
    const replaced = deprecatedNodeLabels.get(label)
    if (replaced !== undefined) warnings.push(`${key(child(specPath, 'nodeSelector'), label)}: ${replaced}`)
  }
  nodeAffinityWarnings(spec, child(specPath, 'affinity.nodeAffinity'), warnings)
  spec.topologySpreadConstraints?.forEach(({ topologyKey = '', labelSelector }, i) => {
    const at = index(child(specPath, 'topologySpreadConstraints'), i)
    const replaced = deprecatedNodeLabels.get(topologyKey)
    if (replaced !== undefined) warnings.push(`${child(at, 'topologyKey')}: ${topologyKey} is ${replaced}`)
    if (!labelSelector) warnings.push(nullSelector(child(at, 'labelSelector')))
  })
  if (meta.annotations) {
    for (const [name, text] of deprecatedAnnotations) {
      if (Object.hasOwn(meta.annotations, name)) warnings.push(`${key(annotations, name)}: ${text}`)
    }
  }
  if (spec.volumes?.length) volumeWarnings(spec.volumes, child(specPath, 'volumes'), warnings)
  listWarnings(spec, specPath, warnings)
  fractionWarnings(spec.overhead, child(specPath, 'overhead'), 'memory', warnings)
  fractionWarnings(spec.overhead, child(specPath, 'overhead'), 'ephemeral-storage', warnings)
  if (!spec.securityContext?.seccompProfile && annotation(meta.annotations, seccompPod) !== undefined) {
    warnings.push(seccompText(key(annotations, seccompPod)))
  }
  forEachContainer(spec, specPath, (container, at) => {
    if (meta.annotations) profileWarnings(container, spec, meta, annotations, path !== '', warnings)
    const { resources, env } = container
    for (const name of ['memory', 'ephemeral-storage']) {
      fractionWarnings(resources?.limits, child(at, 'resources.limits'), name, warnings)
      fractionWarnings(resources?.requests, child(at, 'resources.requests'), name, warnings)
    }
    if (env && env.length > 1) environmentWarnings(env, child(at, 'env'), warnings)
  })
  portWarnings(spec, specPath, warnings)
  if ((spec.terminationGracePeriodSeconds ?? 0) < 0) {
    const text = 'must be >= 0; negative values are invalid and will be treated as 1'
    warnings.push(`${child(specPath, 'terminationGracePeriodSeconds')}: ${text}`)
  }
  podAffinityWarnings(spec, child(specPath, 'affinity'), warnings)
  spec.dnsConfig?.nameservers?.forEach((address, i) => {
    warnings.push(...ipWarnings(index(child(specPath, 'dnsConfig.nameservers'), i), address))
  })
  spec.hostAliases?.forEach(({ ip = '' }, i) => {
    warnings.push(...ipWarnings(child(index(child(specPath, 'hostAliases'), i), 'ip'), ip))
  })
}

const nullSelector = (path: string): string => `${path}: a null labelSelector results in matching no pod`
const seccompText = (path: string): string =>
  `${path}: non-functional in v1.27+; use the "seccompProfile" field instead`

function nodeAffinityWarnings({ affinity }: PodSpec, path: string, warnings: string[]): void {
  affinity?.nodeAffinity?.[required]?.nodeSelectorTerms?.forEach((term, i) => {
    termWarnings(term, false, index(child(path, `${required}.nodeSelectorTerms`), i), warnings)
  })
  affinity?.nodeAffinity?.[preferred]?.forEach(({ preference = {} }, i) => {
    termWarnings(preference, true, child(index(child(path, preferred), i), 'preference'), warnings)
  })
}

function termWarnings(term: NodeSelectorTerm, checkValues: boolean, path: string, warnings: string[]): void {
  term.matchExpressions?.forEach(({ key: label = '', values }, i) => {
    const at = index(child(path, 'matchExpressions'), i)
    const replaced = deprecatedNodeLabels.get(label)
    if (replaced !== undefined) warnings.push(`${child(at, 'key')}: ${label} is ${replaced}`)
    if (!checkValues) return
    values?.forEach((value, j) => {
      for (const wrong of isLabelValue(value)) {
        warnings.push(`${index(child(at, 'values'), j)}: ${value} is invalid, ${wrong}`)
      }
    })
  })
}

function podAffinityWarnings({ affinity }: PodSpec, path: string, warnings: string[]): void {
  for (const kind of ['podAffinity', 'podAntiAffinity'] as const) {
    const at = child(path, kind)
    affinity?.[kind]?.[required]?.forEach(({ labelSelector }, i) => {
      if (!labelSelector) warnings.push(nullSelector(child(index(child(at, required), i), 'labelSelector')))
    })
    affinity?.[kind]?.[preferred]?.forEach(({ podAffinityTerm }, i) => {
      const own = index(child(at, preferred), i)
      if (!podAffinityTerm?.labelSelector) warnings.push(nullSelector(child(own, 'podAffinityTerm.labelSelector')))
    })
  }
}

/** Entries told twice, and empty ones. */
function listWarnings({ hostAliases, imagePullSecrets }: PodSpec, path: string, warnings: string[]): void {
  const addresses = new Set<string>()
  hostAliases?.forEach(({ ip = '' }, i) => {
    if (addresses.has(ip)) warnings.push(`${index(child(path, 'hostAliases'), i)}.ip: duplicate ip ${quote(ip)}`)
    addresses.add(ip)
  })
  const names = new Set<string>()
  const at = (i: number): string => child(index(child(path, 'imagePullSecrets'), i), 'name')
  imagePullSecrets?.forEach(({ name = '' }, i) => {
    if (names.has(name)) warnings.push(`${at(i)}: duplicate name ${quote(name)}`)
    names.add(name)
  })
  imagePullSecrets?.forEach(({ name }, i) => {
    if (!name) warnings.push(`${at(i)}: invalid empty name ""`)
  })
}

/** Annotations in place of fields. Those of AppArmor in pods are told when they are turned into fields. */
function profileWarnings(
  { name = '', securityContext }: Container,
  spec: PodSpec,
  meta: ObjectMeta,
  path: string,
  inTemplate: boolean,
  warnings: string[],
): void {
  const seccomp = seccompContainer + name
  if (!securityContext?.seccompProfile && annotation(meta.annotations, seccomp) !== undefined) {
    warnings.push(seccompText(key(path, seccomp)))
  }
  const appArmor = annotation(meta.annotations, appArmorContainer + name)
  if (!inTemplate || securityContext?.appArmorProfile || appArmor === undefined) return
  const pod = spec.securityContext?.appArmorProfile
  if (pod && semanticEqual(pod, appArmorOfAnnotation(appArmor), 'AppArmorProfile')) return
  warnings.push(appArmorText(key(path, appArmorContainer + name)))
}

export const appArmorText = (path: string): string =>
  `${path}: deprecated since v1.30; use the "appArmorProfile" field instead`

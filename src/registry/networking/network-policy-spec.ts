import {
  child,
  cidrContains,
  each,
  type FieldErrors,
  type LabelSelectorSpec,
  type LegacyOptions,
  labelSelector,
  legacyCidr,
  oneOf,
  parseCidr,
  portName,
  portNumber,
  required,
} from '../../api/index.js'

export interface NetworkPolicySpec {
  podSelector?: LabelSelectorSpec
  ingress?: NetworkPolicyRule[]
  egress?: NetworkPolicyRule[]
  policyTypes?: string[]
}

/** Of ingress (`from`) or egress (`to`). */
export interface NetworkPolicyRule {
  ports?: PolicyPort[]
  from?: Peer[]
  to?: Peer[]
}

interface PolicyPort {
  protocol?: string
  port?: number | string
  endPort?: number
}

export interface Peer {
  podSelector?: LabelSelectorSpec
  namespaceSelector?: LabelSelectorSpec
  ipBlock?: IpBlock
}

export interface IpBlock {
  cidr?: string
  except?: string[]
}

export interface Tolerance extends LegacyOptions {
  /** Label values need not be valid. */
  readonly labelValues: boolean
}

/** Source: kubernetes pkg/apis/networking/validation, ValidateNetworkPolicySpec. */
export function validatePolicySpec(spec: NetworkPolicySpec, tolerance: Tolerance, errors: FieldErrors): void {
  labelSelector(errors, 'spec.podSelector', spec.podSelector, { allowInvalidValues: tolerance.labelValues })
  for (const [direction, rules, peers] of [
    ['spec.ingress', spec.ingress, 'from'],
    ['spec.egress', spec.egress, 'to'],
  ] as const) {
    each(direction, rules, (rule, at) => {
      each(child(at, 'ports'), rule.ports, (port, own) => validatePort(port, own, errors))
      each(child(at, peers), rule[peers], (peer, own) => validatePeer(peer, own, tolerance, errors))
    })
  }
  if ((spec.policyTypes?.length ?? 0) > 2)
    errors.invalid('spec.policyTypes', spec.policyTypes, 'may not specify more than two policyTypes')
  else each('spec.policyTypes', spec.policyTypes, (type, at) => oneOf(errors, at, type, ['Ingress', 'Egress'], 'given'))
}

/** The blocks of all peers, each with its path. */
export function blocksOf(spec: NetworkPolicySpec): { readonly block: IpBlock; readonly at: string }[] {
  const blocks: { block: IpBlock; at: string }[] = []
  const collect = (peers: Peer[] | undefined, path: string): void =>
    each(path, peers, ({ ipBlock }, at) => {
      if (ipBlock) blocks.push({ block: ipBlock, at: child(at, 'ipBlock') })
    })
  each('spec.ingress', spec.ingress, ({ from }, at) => collect(from, child(at, 'from')))
  each('spec.egress', spec.egress, ({ to }, at) => collect(to, child(at, 'to')))
  return blocks
}

function validatePort({ protocol, port, endPort }: PolicyPort, at: string, errors: FieldErrors): void {
  if (protocol !== undefined) oneOf(errors, child(at, 'protocol'), protocol, ['TCP', 'UDP', 'SCTP'], 'given')
  const end = child(at, 'endPort')
  if (port === undefined) {
    if (endPort !== undefined) errors.invalid(end, endPort, 'may not be specified when `port` is not specified')
  } else if (typeof port === 'string') {
    if (endPort !== undefined) errors.invalid(end, endPort, 'may not be specified when `port` is non-numeric')
    portName(errors, child(at, 'port'), port)
  } else {
    portNumber(errors, child(at, 'port'), port)
    if (endPort === undefined) return
    if (endPort < port) errors.invalid(end, port, 'must be greater than or equal to `port`')
    portNumber(errors, end, endPort)
  }
}

function validatePeer(peer: Peer, at: string, tolerance: Tolerance, errors: FieldErrors): void {
  const { podSelector, namespaceSelector, ipBlock } = peer
  const options = { allowInvalidValues: tolerance.labelValues }
  labelSelector(errors, child(at, 'podSelector'), podSelector, options)
  labelSelector(errors, child(at, 'namespaceSelector'), namespaceSelector, options)
  if (ipBlock) validateBlock(ipBlock, child(at, 'ipBlock'), tolerance, errors)
  if (!podSelector && !namespaceSelector && !ipBlock) errors.required(at, 'must specify a peer')
  else if (ipBlock && (podSelector || namespaceSelector))
    errors.forbidden(at, 'may not specify both ipBlock and another peer')
}

function validateBlock({ cidr, except }: IpBlock, at: string, tolerance: Tolerance, errors: FieldErrors): void {
  if (!required(errors, child(at, 'cidr'), cidr)) return
  legacyCidr(errors, child(at, 'cidr'), cidr!, tolerance)
  const outer = parseCidr(cidr!)
  if (outer === undefined) return
  each(child(at, 'except'), except, (text, own) => {
    legacyCidr(errors, own, text, tolerance)
    const inner = parseCidr(text)
    if (inner !== undefined && (!cidrContains(outer, inner.network) || outer.prefix >= inner.prefix))
      errors.invalid(own, text, 'must be a strict subset of `cidr`')
  })
}

import { cidr, type FieldErrors, index, type KubeObject, parseCidr } from '../../api/index.js'
import type { ResourceRules } from '../rules.js'
import { keepMetadata } from '../status-metadata.js'

/** The blocks that addresses of services come from. A second family may be added, nothing else changes. */
export const servicecidrs: ResourceRules = {
  validate: (object, errors) => validateBlocks(blocksOf(object), errors),
  resetFields: { status: ['metadata', 'spec'] },
  without: {
    gate: 'ServiceCIDRStatusFieldWiping',
    rules: {
      keepStatusOnCreate: true,
      keepStatusOnUpdate: true,
      resetFields: { '': [], status: ['metadata', 'spec'] },
    },
  },
  prepareForStatusUpdate: (object, old) => keepMetadata(object.metadata, old.metadata),
  validateUpdate(object, old, errors) {
    const [blocks, before] = [blocksOf(object), blocksOf(old)]
    const changed = (i: number): void => {
      if (before[i] !== blocks[i]) errors.invalid(index(path, i), blocks[i], 'field is immutable')
    }
    if (blocks.length === before.length) for (const i of blocks.keys()) changed(i)
    else if (before.length === 1 && blocks.length === 2) {
      changed(0)
      validateBlocks(blocks, errors)
    } else errors.invalid(path, object.spec?.cidrs, 'field is immutable')
  },
}

const path = 'spec.cidrs'

const blocksOf = (object: KubeObject): readonly string[] => object.spec?.cidrs ?? []

/** Source: pkg/apis/networking/validation, validateServiceCIDRSpec. */
function validateBlocks(blocks: readonly string[], errors: FieldErrors): void {
  if (blocks.length === 0) {
    errors.required(path, 'at least one CIDR required')
    return
  }
  if (blocks.length > 2) {
    // As upstream, which tells the whole spec in its internal form.
    errors.invalid(path, { CIDRs: blocks }, 'may only hold up to 2 values')
    return
  }
  blocks.forEach((block, i) => {
    cidr(errors, index(path, i), block)
  })
  const [first, second] = blocks.map((block) => parseCidr(block)?.network.family)
  if (blocks.length === 2 && first !== undefined && first === second) {
    const detail = 'may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64'
    errors.invalid(path, blocks, detail)
  }
}

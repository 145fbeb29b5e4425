import {
  bindingsLibrary,
  CelError,
  type CostNode,
  defaultCompatibleMinor,
  Environment,
  equalValues,
  isList,
  itemsOf,
  kubernetesLibraries,
  type Library,
  mapOf,
  type ObjectType,
  objectType,
  quantityType,
  type Range,
  scaleRange,
  type Type,
  types,
  type Value,
} from '../../cel/index.js'
import type { DeviceSelectors } from './load-selectors.js'

/** What an expression may cost. */
const maxCost = 1_000_000
const maxDomain = 63
const maxIdentifier = 32
const maxDriver = 63
const maxAttributes = 32
const maxAttributeValue = 64
const maxListedValues = 48

/** Compiles the selectors of devices. Source: dynamic-resource-allocation cel/compile.go. */
export function createDeviceSelectors(): DeviceSelectors {
  const environments = new Map<string, Environment>()
  return {
    check(expression, options) {
      const { stored, consumable, lists, compatibleMinor = defaultCompatibleMinor } = options
      const version = stored ? undefined : compatibleMinor
      const key = `${version} ${consumable} ${lists}`
      const environment = environments.get(key) ?? deviceEnvironment(version, consumable, lists)
      environments.set(key, environment)
      const { compiled, issues } = environment.compile(expression)
      if (issues !== undefined) return { kind: 'invalid', detail: `compilation failed: ${issues}` }
      const { kind, nullable } = compiled.type
      if ((kind !== 'bool' || nullable) && kind !== 'any' && !(lists && kind === 'dyn'))
        return { kind: 'invalid', detail: `must evaluate to bool or the unknown type, not ${compiled.type}` }
      try {
        compiled.program()
      } catch (error) {
        if (!(error instanceof CelError)) throw error
        return { kind: 'internal', detail: `program instantiation failed: ${error.message}` }
      }
      const cost = compiled.estimateCost(lists ? sizesWithLists : sizes).max
      return cost > maxCost ? { kind: 'forbidden', detail: 'too complex, exceeds cost limit' } : undefined
    },
  }
}

const deviceType = objectType('kubernetes.DRADevice')

/** @param version undefined: of expressions that are stored */
function deviceEnvironment(version: number | undefined, consumable: boolean, lists: boolean): Environment {
  const stored = version === undefined
  const attribute = lists ? types.dyn : types.any
  const fields = new Map<string, Type>([
    ['driver', types.string],
    ['attributes', mapOf(types.string, mapOf(types.string, attribute))],
    ['capacity', mapOf(types.string, mapOf(types.string, quantityType))],
  ])
  if (consumable || stored) fields.set('allowMultipleAllocations', types.bool)
  const device: ObjectType = {
    type: deviceType,
    field(name) {
      const type = fields.get(name)
      return type && { type, read: () => undefined }
    },
  }
  const libraries = [...kubernetesLibraries(), bindingsLibrary()]
  if (lists || stored) libraries.push(includesLibrary())
  return new Environment({
    libraries,
    variables: { device: deviceType },
    types: { find: (name) => (name === deviceType.name ? device : undefined) },
    ...(stored ? {} : { version }),
  })
}

/** `device.attributes[...].name.includes(value)`: whether an attribute is a value, or a list that has it. */
function includesLibrary(): Library {
  const includes = (target: Value, value: Value): boolean => {
    if (!isList(target)) return equalValues(target, value)
    const items = itemsOf(target)
    const found = items.slice(0, maxListedValues).some((item) => equalValues(item, value))
    if (!found && items.length > maxListedValues)
      throw new CelError(`'includes' function cannot be applied to lists longer than ${maxListedValues} values`)
    return found
  }
  return {
    name: 'dra.includes',
    functions: [
      {
        name: 'includes',
        overloads: [
          {
            id: 'dra_includes_dyn_dyn',
            member: true,
            args: [types.dyn, types.dyn],
            result: types.bool,
            call: includes as (...args: Value[]) => Value,
            estimate: () => ({ cost: scaleRange({ min: 0, max: maxListedValues }, 1) }),
          },
        ],
      },
    ],
  }
}

/** How big parts of a device may be, by their path from the variable. */
interface Size {
  readonly max: number
  readonly key?: Size
  readonly value?: Size
  readonly fields?: Readonly<Record<string, Size>>
}

const deviceSizes = (attribute: number): Size => {
  const [domain, identifier] = [{ max: maxDomain }, { max: maxIdentifier }]
  const inner = (value: Size): Size => ({ max: maxAttributes, key: identifier, value })
  const outer = (value: Size): Size => ({ max: maxAttributes, key: domain, value: inner(value) })
  return {
    max: 0,
    fields: {
      driver: { max: maxDriver },
      allowMultipleAllocations: { max: 1 },
      attributes: outer({ max: attribute }),
      capacity: outer({ max: 0 }),
    },
  }
}

const estimator =
  (root: Size, attribute: number) =>
  ({ path }: CostNode): Range | undefined => {
    if (path === undefined || path.length === 0 || path[0] !== 'device') return undefined
    let at: Size | undefined = root
    for (const step of path.slice(1)) {
      if (step === '@items' || step === '@values') at = at.value
      else if (step === '@keys') at = at.key
      else if (at.fields !== undefined && Object.hasOwn(at.fields, step)) at = at.fields[step]
      // Any attribute, whatever its name.
      else at = at.value?.max === attribute && at.value.value === undefined ? at.value : undefined
      if (at === undefined) return undefined
    }
    return { min: 0, max: at.max }
  }

const sizes = estimator(deviceSizes(maxAttributeValue), maxAttributeValue)
const sizesWithLists = estimator(
  deviceSizes(Math.max(maxAttributeValue, maxListedValues)),
  Math.max(maxAttributeValue, maxListedValues),
)

import { parseBool } from './values/go-numbers.js'

/**
 * Reads the values of --feature-gates: texts `A=true,B=false` by component, of which "kube" is the only one and also
 * the meaning of "". Whether the gates exist is not looked at here.
 *
 * @throws Error with the wording of component-base compatibility/registry.go and featuregate/feature_gate.go
 */
export function parseFeatureGates(byComponent: ReadonlyMap<string, readonly string[]>): Record<string, boolean> {
  if (byComponent.has('') && byComponent.has('kube')) {
    throw new Error('set kube feature gates with default empty prefix or kube: prefix consistently, do not mix use')
  }
  const gates = new Map<string, boolean>()
  for (const [component, texts] of byComponent) {
    if (component !== '' && component !== 'kube') throw new Error(`component not registered: ${component}`)
    for (const text of texts.filter((item) => item !== '')) {
      const equals = text.indexOf('=')
      const name = (equals < 0 ? text : text.slice(0, equals)).trim()
      if (equals < 0) throw new Error(`missing bool value for ${name}`)
      gates.set(name, gateValue(name, text.slice(equals + 1).trim()))
    }
  }
  return Object.fromEntries(gates)
}

function gateValue(name: string, text: string): boolean {
  try {
    return parseBool(text)
  } catch (error) {
    throw new Error(`invalid value of ${name}=${text}, err: ${(error as Error).message}`)
  }
}

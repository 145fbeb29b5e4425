import { expect, it } from 'vitest'
import { AdmissionChain, type AdmissionObserver, type AdmissionPlugin } from './admission.js'
import { attributesFor, named } from './testing.js'

const noted: string[] = []
const plugin = (name: string, more: Partial<AdmissionPlugin> = {}): AdmissionPlugin => ({
  name,
  handles: (operation) => operation === 'CREATE',
  admit: () => void noted.push(`${name} admits`),
  validate: async () => void noted.push(`${name} validates`),
  ...more,
})
const observer: AdmissionObserver = {
  plugin: (name, step, operation) => (_, rejected) => void noted.push(`${name} ${step} ${operation} ${rejected}`),
  step: (step, operation) => (_, rejected) => void noted.push(`${step} ${operation} ${rejected}`),
}
const told = async (chain: AdmissionChain, operation: 'CREATE' | 'DELETE'): Promise<string[]> => {
  noted.length = 0
  const attributes = attributesFor(operation, '/pods', named('p'))
  await chain.admit(attributes)
  await chain.validate(attributes).catch(() => {})
  return [...noted]
}

it('asks plugins one after the other, in both steps', async () => {
  expect(await told(new AdmissionChain([plugin('a'), plugin('b')]), 'CREATE')).toEqual([
    'a admits',
    'b admits',
    'a validates',
    'b validates',
  ])
})

it('asks only those that handle the operation', async () => {
  const every = plugin('b', { handles: () => true })
  expect(await told(new AdmissionChain([plugin('a'), every]), 'DELETE')).toEqual(['b admits', 'b validates'])
})

it('stops at a refusal, and tells who took how long', async () => {
  const refusing = plugin('b', {
    validate() {
      throw new Error('no')
    },
  })
  const chain = new AdmissionChain([plugin('a'), refusing, plugin('c')], observer)
  expect((await told(chain, 'CREATE')).filter((text) => !/admits|admit /.test(text))).toEqual([
    'a validates',
    'a validate CREATE false',
    'b validate CREATE true',
    'validate CREATE true',
  ])
})

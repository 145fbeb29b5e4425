import { describe, expect, test } from 'vitest'
import { copyJson } from '../object.js'
import { structShape } from '../shapes.js'
import { decode } from './decode.js'
import { asSent, copySent, dropSent, holdsLeftOut, keepSent } from './sent-empty.js'

const requirements = structShape('core.v1.ResourceRequirements')
const read = (raw: object): { limits?: object; claims?: object[] } => decode(raw, requirements)

describe('what a client sent empty', () => {
  test.each<[object, unknown, unknown]>([
    [{ limits: {}, claims: [] }, {}, []],
    [{ limits: null }, undefined, undefined],
    [{}, undefined, undefined],
    [{ limits: { cpu: '1' } }, { cpu: '1' }, undefined],
  ])('%j', (raw, limits, claims) => {
    const decoded = read(raw)
    expect(asSent(decoded, 'limits')).toEqual(limits)
    expect(asSent(decoded, 'claims')).toEqual(claims)
  })

  test('is left out all the same, and known to copies that are made for it', () => {
    const decoded = read({ limits: {} })
    expect(JSON.stringify(decoded)).toBe('{}')
    expect(asSent(copySent({ inner: [decoded] }).inner[0], 'limits')).toEqual({})
    expect(asSent(copyJson(decoded), 'limits')).toBeUndefined()
    expect(asSent(keepSent(decoded, { ...decoded }), 'limits')).toEqual({})
  })

  test('is taken away with its field', () => {
    const decoded = read({ limits: {}, claims: [] })
    dropSent(decoded, 'limits')
    expect([asSent(decoded, 'limits'), asSent(decoded, 'claims')]).toEqual([undefined, []])
    dropSent(decoded, 'claims')
    expect(holdsLeftOut(decoded)).toBe(false)
  })

  test('is found at any depth', () => {
    expect(holdsLeftOut({ a: [{ b: read({ claims: [] }) }] })).toBe(true)
    expect(holdsLeftOut({ a: [{ b: read({ claims: [{ name: 'c' }] }) }], c: [], d: null })).toBe(false)
  })

  test('gives way to what was written later', () => {
    const decoded = read({ claims: [] })
    decoded.claims = [{ name: 'a' }]
    expect(asSent(decoded, 'claims')).toEqual([{ name: 'a' }])
    expect(holdsLeftOut(decoded)).toBe(false)
  })
})

import { expect, test } from 'vitest'
import { factsIndex } from './facts.js'
import { kindShape, type Shape, shapeOf, structShape } from './shapes.js'

test('every kind of every group version compiles, down to its leaves', () => {
  const seen = new Set<Shape>()
  const walk = (shape: Shape): void => {
    if (seen.has(shape)) return
    seen.add(shape)
    if (shape.kind === 'list') walk(shape.item)
    else if (shape.kind === 'map') walk(shape.value)
    else if (shape.kind === 'struct') for (const field of shape.fields) walk(field.shape)
  }
  for (const { group, version, kinds } of factsIndex().groupVersions)
    for (const kind of kinds) walk(kindShape(group, version, kind)!)
  expect(seen.size).toBeGreaterThan(1000)
})

test('type meta comes first, inlined', () => {
  expect(structShape('core.v1.Pod').fields.map((f) => f.json)).toEqual([
    'kind',
    'apiVersion',
    'metadata',
    'spec',
    'status',
  ])
})

test('a named type keeps its name and a list knows its item', () => {
  const port = structShape('core.v1.ContainerPort')
  expect(port.byJson.get('protocol')!.shape).toMatchObject({ kind: 'string', named: 'core.v1.Protocol' })
  expect(shapeOf('[]core.v1.Container')).toMatchObject({ kind: 'list', item: { ref: 'core.v1.Container' } })
  expect(shapeOf('core.v1.ResourceList')).toMatchObject({ kind: 'map', value: { ref: 'resource.Quantity' } })
})

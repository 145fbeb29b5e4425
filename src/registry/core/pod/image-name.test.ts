import { expect, test } from 'vitest'
import { imageTag } from './image-name.js'

const hex = '0123456789abcdef'.repeat(4)

const cases: readonly (readonly [string, string])[] = [
  ['nginx', 'latest'],
  ['nginx:latest', 'latest'],
  ['nginx:1.25', '1.25'],
  ['library/nginx', 'latest'],
  ['localhost/nginx:2', '2'],
  ['localhost:5000/nginx', 'latest'],
  ['registry.example.com:443/a/b/c:v1.0_x-y', 'v1.0_x-y'],
  ['[::1]:5000/nginx:x', 'x'],
  ['index.docker.io/nginx', 'latest'],
  [`nginx@sha256:${hex}`, ''],
  [`nginx:1@sha256:${hex}`, '1'],
  [`nginx@sha256:${hex.slice(1)}`, ''],
  [`nginx:1@md5:${hex}`, ''],
  [hex, ''],
  ['Nginx', ''],
  ['Example/nginx', 'latest'],
  ['example.com/Nginx', ''],
  ['nginx:', ''],
  ['nginx: 1', ''],
  ['a__b--c/d.e', 'latest'],
  ['a__b.c/d', ''],
  ['a___b', ''],
  ['', ''],
  [`${'a'.repeat(256)}`, ''],
]
for (const [image, tag] of cases) test(`the tag of ${image.slice(0, 40)}`, () => expect(imageTag(image)).toBe(tag))

test('long hostile names take no time', () => {
  const started = performance.now()
  imageTag(`${'a-'.repeat(100_000)}/`)
  imageTag(`x/${'a.'.repeat(100_000)}!`)
  expect(performance.now() - started).toBeLessThan(200)
})

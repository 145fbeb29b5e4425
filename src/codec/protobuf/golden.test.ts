import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { factsName } from '../../api/index.js'
import { parseJson } from '../json/parse.js'
import { decodeProtobuf } from './body.js'
import { encodeProtobuf } from './envelope.js'

// The public API's own fixtures: testdata/HEAD of k8s.io/api. KATS_API_TESTDATA names the folder.
const folder = process.env.KATS_API_TESTDATA
const samples = folder === undefined ? [] : readdirSync(folder).filter((name) => name.endsWith('.pb'))

test.runIf(folder === undefined)('golden bytes', ({ skip }) => {
  skip('KATS_API_TESTDATA does not name the folder testdata/HEAD of k8s.io/api')
})

test.runIf(folder !== undefined).each(samples)('golden bytes: %s', (file) => {
  const json = readFileSync(join(folder!, file.replace(/\.pb$/, '.json')))
  const bytes = readFileSync(join(folder!, file))
  const object = parseJson(json).value as Record<string, unknown>
  const [group, version] = groupVersion(String(object.apiVersion))
  if (factsName(group, version) === undefined) return
  expect(decodeProtobuf(bytes)).toEqual(object)
  expect(JSON.stringify(decodeProtobuf(bytes))).toBe(JSON.stringify(object))
  expect(encodeProtobuf(object).equals(bytes)).toBe(true)
})

const groupVersion = (text: string): [string, string] => {
  const [a = '', b] = text.split('/')
  return b === undefined ? ['', a] : [a, b]
}

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, expect, test } from 'vitest'
import { finish } from './processes.js'

const check = fileURLToPath(new URL('../tools/check-layers.mjs', import.meta.url))
let folder = ''
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** What the check says of a tree of files. */
async function checked(files: Record<string, string>) {
  folder = mkdtempSync(join(tmpdir(), 'kats-layers-'))
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
  const { code, stdout, stderr } = await finish(process.execPath, [check, folder])
  return { code, text: (stdout + stderr).trim() }
}
const api = { 'api/index.ts': "export { a } from './a.js'", 'api/a.ts': 'export const a = 1' }

const cases: { title: string; files: Record<string, string>; code: number; text: RegExp }[] = [
  {
    title: 'downwards through an index',
    files: { ...api, 'http/x.ts': "import { a } from '../api/index.js'" },
    code: 0,
    text: /^3 files in order$/,
  },
  { title: 'no files', files: {}, code: 1, text: /^no TypeScript files in / },
  {
    title: 'upwards',
    files: { ...api, 'api/x.ts': "// up\nimport type { b } from '../http/index.js'", 'http/index.ts': '' },
    code: 1,
    text: /^api\/x\.ts:2: api must not import http, which is above it$/,
  },
  {
    title: 'past the index, lazily',
    files: { ...api, 'http/x.ts': "const x = await import('../api/a.js')" },
    code: 1,
    text: /^http\/x\.ts:1: imports api\/a\.ts; from outside, only api\/index\.ts may be imported$/,
  },
  {
    title: 'in a circle',
    files: {
      'api/a.ts': "import { b } from './b.js'",
      'api/b.ts': "export {\n  c,\n} from './c.js'",
      'api/c.ts': "import './a.js'",
    },
    code: 1,
    text: /^circle: api\/a\.ts -> api\/b\.ts -> api\/c\.ts -> api\/a\.ts$/,
  },
  {
    title: 'in a circle of types',
    files: { 'api/a.ts': "import type { B } from './b.js'", 'api/b.ts': "import { a } from './a.js'" },
    code: 0,
    text: /^2 files in order$/,
  },
  {
    title: 'in a comment only',
    files: { ...api, 'api/x.ts': "/* import { b } from '../http/index.js' */ // from '../cli/index.js'" },
    code: 0,
    text: /in order$/,
  },
  {
    title: 'from nowhere',
    files: { 'api/a.ts': "import './b.js'" },
    code: 1,
    text: /imports api\/b\.ts, which does not exist$/,
  },
  {
    title: 'a folder without a place',
    files: { 'misc/a.ts': '' },
    code: 1,
    text: /^misc\/a\.ts: the folder misc has no place/,
  },
]
for (const { title, files, code, text } of cases) {
  test(`imports ${title}`, async () => {
    const outcome = await checked(files)
    expect(outcome.text).toMatch(text)
    expect(outcome.code).toBe(code)
  })
}

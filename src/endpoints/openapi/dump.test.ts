import { writeFileSync } from 'node:fs'
import { test } from 'vitest'
import { builtinGroups } from '../../registry/index.js'
import { readDescriptions } from './descriptions.js'
import { OpenApiDocuments } from './documents.js'

test('dump', async () => {
  const d = new OpenApiDocuments({ release: '1.36', descriptions: () => readDescriptions('/tmp/descriptions.json') })
  d.setGroups(
    builtinGroups({ served: (_g, _v, _r, on) => on, enabled: () => true, virtual: new Map(), handlers: new Map() }),
  )
  let max = 0,
    last = performance.now()
  const t = setInterval(() => {
    const n = performance.now()
    max = Math.max(max, n - last)
    last = n
  }, 0)
  const lap = (s: string) => {
    console.log(s, (performance.now() - t0).toFixed(0), 'ms, longest hold', max.toFixed(1))
    t0 = performance.now()
    max = 0
  }
  let t0 = performance.now()
  const v2 = await d.v2()
  lap('v2 json')
  writeFileSync('/tmp/pb/v2.json', v2.json)
  t0 = performance.now()
  last = t0
  const b = await v2.binary()
  lap('v2 pb')
  writeFileSync('/tmp/pb/v2.pb', b)
  t0 = performance.now()
  last = t0
  await d.index()
  lap('v3 all')
  const v3 = (await d.v3('api/v1'))!
  writeFileSync('/tmp/pb/v3.json', v3.json)
  const b3 = await v3.binary()
  writeFileSync('/tmp/pb/v3.pb', b3)
  clearInterval(t)
  // all alpha and beta
  const all = new OpenApiDocuments({ release: '1.36' })
  all.setGroups(builtinGroups({ served: () => true, enabled: () => true, virtual: new Map(), handlers: new Map() }))
  const s = JSON.parse((await all.v2()).json.toString())
  console.log(Object.keys(s.paths).length, Object.keys(JSON.parse((await all.index()).toString()).paths).length)
})

// Loaded into a server before all else (node --import): takes down how long the authorizers take for each GET of a ConfigMap, all
// that are asked together. SIGUSR2 writes the median, in microseconds, to the file of KATS_BENCH_TIMES and begins anew.
import { writeFileSync } from 'node:fs'
import { register } from 'node:module'

// The chain is a function that takes the list of authorizers; it is wrapped where the file that has it is loaded.
const hook = `
const found = /function (authorizerUnion\\d*)\\(/
export async function load(url, context, next) {
  const loaded = await next(url, context)
  const name = found.exec(String(loaded.source ?? ''))?.[1]
  if (name === undefined) return loaded
  const source = String(loaded.source).replace(found, 'function $1(...list) { return globalThis.timedAuthorizer($1$untimed(...list)) }\\nfunction $1$untimed(')
  return { ...loaded, source }
}`

register(`data:text/javascript,${encodeURIComponent(hook)}`)
const times = []

globalThis.timedAuthorizer = (inner) => ({
  ...inner,
  authorize(attributes) {
    const began = performance.now()
    const decision = inner.authorize(attributes)
    if (attributes.verb === 'get' && attributes.resource === 'configmaps') times.push(performance.now() - began)
    return decision
  },
})

process.on('SIGUSR2', () => {
  const sorted = times.splice(0).sort((a, b) => a - b)
  writeFileSync(process.env.KATS_BENCH_TIMES, String((sorted[sorted.length >> 1] ?? Number.NaN) * 1000))
})

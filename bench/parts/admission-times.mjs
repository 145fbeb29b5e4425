// Loaded into a server before all else (node --import): takes down how long admission of each create of a Pod takes, both steps
// together. SIGUSR2 writes the median, in microseconds, to the file of KATS_BENCH_TIMES and begins anew.
import { writeFileSync } from 'node:fs'
import { register } from 'node:module'

const hook = `
const found = /(?:class|var) (AdmissionChain\\d*)(?: = class\\b| \\{)/
export async function load(url, context, next) {
  const loaded = await next(url, context)
  const name = found.exec(String(loaded.source ?? ''))?.[1]
  if (name === undefined) return loaded
  const timed = \`
    let admitting = 0
    for (const step of ['admit', 'validate']) {
      const original = \${name}.prototype[step]
      \${name}.prototype[step] = async function (attributes) {
        const began = performance.now()
        await original.call(this, attributes)
        const took = performance.now() - began
        if (attributes.operation !== 'CREATE' || attributes.resource.resource !== 'pods') return
        if (step === 'admit') admitting = took
        else globalThis.admissionTimes.push(admitting + took)
      }
    }\`
  return { ...loaded, source: loaded.source + '\\n{' + timed + '}\\n' }
}`

register(`data:text/javascript,${encodeURIComponent(hook)}`)
globalThis.admissionTimes = []
process.on('SIGUSR2', () => {
  const times = globalThis.admissionTimes.splice(0).sort((a, b) => a - b)
  writeFileSync(process.env.KATS_BENCH_TIMES, String((times[times.length >> 1] ?? Number.NaN) * 1000))
})

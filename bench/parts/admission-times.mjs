// Loaded into a server before all else (node --import): takes down how long admission of each create of a Pod takes, both steps
// together. SIGUSR2 writes the median, in microseconds, to the file of KATS_BENCH_TIMES and begins anew. Where there is a file of
// that name with `.bare` behind it, the webhook that it names is asked once more before each create, by a bare request of the
// same size from the same process, and the median of these is written beside the other.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { Agent, request } from 'node:https'
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
        const counts = attributes.operation === 'CREATE' && attributes.resource.resource === 'pods'
        if (counts && step === 'admit') await globalThis.bareRequest?.()
        const began = performance.now()
        await original.call(this, attributes)
        const took = performance.now() - began
        if (!counts) return
        if (step === 'admit') admitting = took
        else globalThis.admissionTimes.push(admitting + took)
      }
    }\`
  return { ...loaded, source: loaded.source + '\\n{' + timed + '}\\n' }
}`

register(`data:text/javascript,${encodeURIComponent(hook)}`)
globalThis.admissionTimes = []
const bareTimes = []
const file = process.env.KATS_BENCH_TIMES

process.on('SIGUSR2', () => {
  writeFileSync(file, `${median(globalThis.admissionTimes)} ${median(bareTimes)}`)
  if (existsSync(`${file}.bare`)) globalThis.bareRequest ??= bareRequests(JSON.parse(readFileSync(`${file}.bare`)))
})

function median(times) {
  const sorted = times.splice(0).sort((a, b) => a - b)
  return (sorted[sorted.length >> 1] ?? Number.NaN) * 1000
}

function bareRequests({ url, caBundle }) {
  const agent = new Agent({ keepAlive: true, ca: Buffer.from(caBundle, 'base64') })
  const ask = (method, body) =>
    new Promise((resolve, reject) => {
      const headers = body === undefined ? {} : { 'content-type': 'application/json', 'content-length': body.length }
      const sent = request(url, { method, agent, headers }, (answer) => {
        const parts = []
        answer.on('data', (part) => parts.push(part))
        answer.on('end', () => resolve(Buffer.concat(parts)))
      })
      sent.on('error', reject)
      sent.end(body)
    })
  let body
  return async () => {
    // What the webhook was sent last.
    body ??= await ask('GET')
    const began = performance.now()
    await ask('POST', body)
    bareTimes.push(performance.now() - began)
  }
}

// npm run bench: each workload beside its floor, in one run, on one machine; what counts are the ratios.
//   --short           a second of each, to prove that it runs
//   --only=get,list   only these workloads
import { workloads } from './parts/workloads.mjs'

const short = process.argv.includes('--short')
const only = process.argv
  .find((arg) => arg.startsWith('--only='))
  ?.slice('--only='.length)
  .split(',')
const settings = short
  ? { seconds: 1, pods: 200, roles: 50, bindings: 100, watchers: 50, idleWatchers: 100, starts: 2, definitions: 20 }
  : {
      seconds: 6,
      pods: 10_000,
      roles: 2_000,
      bindings: 5_000,
      watchers: 1_000,
      idleWatchers: 5_000,
      starts: 7,
      definitions: 1_000,
    }

console.log(`node ${process.versions.node}, ${process.platform}/${process.arch}`)
let missed = 0
for (const [name, workload] of Object.entries(workloads)) {
  if (only !== undefined && !only.includes(name)) continue
  for (const { what, value, target, met } of await workload(settings)) {
    if (!met) missed++
    console.log(`${met ? ' ' : '!'} ${what.padEnd(44)} ${value.padEnd(58)} target ${target}`)
  }
}
// The short form proves that it runs; its figures mean nothing.
process.exit(short || missed === 0 ? 0 : 1)

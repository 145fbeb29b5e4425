// A client that never has enough: `inFlight` requests of one user at once, each answer followed by the next request, until
// it is told to stop. A process of its own, and one that gives way, so that it does not itself delay whom it is measured beside.
import { execFileSync } from 'node:child_process'
import { setPriority } from 'node:os'
import { open } from './load.mjs'
import { configMap, path } from './objects.mjs'

// Three processes on two cores would wait for each other, for longer than for the server.
setPriority(19)
try {
  execFileSync('chrt', ['--idle', '--pid', '0', String(process.pid)], { stdio: 'ignore' })
} catch {
  // Not every system can let a process run only while nobody else wants to.
}
const { url, headers, method, inFlight } = JSON.parse(process.argv[2])
const sessions = await Promise.all(Array.from({ length: Math.max(4, Math.ceil(inFlight / 50)) }, () => open(url)))
let sent = 0

const once = (session) =>
  new Promise((resolve) => {
    const isGet = method === 'GET'
    const target = isGet ? `${path('configmaps')}/one` : path('configmaps')
    const stream = session.request({ ':method': method, ':path': target, ...headers }, { endStream: isGet })
    stream.on('data', () => {})
    stream.on('error', resolve)
    stream.on('end', resolve)
    if (!isGet) stream.end(JSON.stringify(configMap(`greedy-${process.pid}-${sent++}`)))
  })

let isOver = false
const worker = async (session) => {
  while (!isOver) await once(session)
}
process.on('message', () => {
  isOver = true
  for (const session of sessions) session.destroy()
  process.exit()
})
process.on('disconnect', () => process.exit())
for (let i = 0; i < inFlight; i++) void worker(sessions[i % sessions.length])
process.send('begun')

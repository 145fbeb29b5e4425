import { setTimeout as wait } from 'node:timers/promises'
import type { Handler, RequestContext } from '../http/index.js'
import { textPlain } from './text.js'

/** What makes profiles. */
export interface Profiler {
  /** A .cpuprofile of V8 over so many milliseconds, or until the signal aborts. */
  cpu(milliseconds: number, signal: AbortSignal): Promise<string>
  /** A .heapsnapshot of V8, made as it is read. */
  heap(): Promise<AsyncIterable<Buffer>>
}

export interface ProfilingRoutes {
  /** Of `/debug/pprof`. */
  readonly redirect: Handler
  /** Of all that begins with `/debug/pprof/`. */
  readonly serve: Handler
}

const root = '/debug/pprof/'
const defaultSeconds = 30
const maxSeconds = 300
const profiles: Readonly<Record<string, string>> = {
  profile: `Where the CPU spends its time, as a .cpuprofile of V8. ?seconds=N: for how long (${defaultSeconds}, at most ${maxSeconds}).`,
  heap: 'All objects in memory, as a .heapsnapshot of V8. The server stands still while it is taken.',
}

/**
 * Profiles of this process, at the paths of Go's net/http/pprof but in V8's formats. One is made at a time: they would show
 * each other, and each takes memory. Source: apiserver pkg/server/routes/profiling.go.
 */
export function profilingRoutes(profiler: Profiler = v8Profiler): ProfilingRoutes {
  let busy = false
  const alone = async (context: RequestContext, purpose: string, make: () => Promise<void>): Promise<void> => {
    if (busy) return refuse(context, 500, `Could not enable ${purpose}: a profile is being made already`)
    busy = true
    try {
      await make()
    } finally {
      busy = false
    }
  }
  return {
    redirect({ exchange }) {
      // As Go's http.Redirect does, for a reader only.
      if (exchange.method !== 'GET' && exchange.method !== 'HEAD') return exchange.send(302, '', '', { Location: root })
      exchange.send(302, 'text/html; charset=utf-8', `<a href="${root}">Found</a>.\n\n`, { Location: root })
    },
    serve(context) {
      context.exchange.header('X-Content-Type-Options', 'nosniff')
      const name = context.info.path.slice(root.length)
      if (name === '') return context.exchange.send(200, 'text/html; charset=utf-8', index)
      if (name === 'profile') return alone(context, 'CPU profiling', () => sendCpu(context, profiler))
      if (name === 'heap') return alone(context, 'heap profiling', () => sendHeap(context, profiler))
      return refuse(context, 404, 'Unknown profile')
    },
  }
}

const index = `<html>
<head><title>${root}</title></head>
<body>
<h1>${root}</h1>
<ul>
${Object.entries(profiles)
  .map(([name, text]) => `<li><a href="${name}">${name}</a>: ${text}</li>`)
  .join('\n')}
</ul>
</body>
</html>
`

/** The header tells Go's pprof tool that the text is worth showing. */
function refuse(context: RequestContext, code: number, text: string): void {
  context.exchange.header('X-Go-Pprof', '1')
  textPlain(context, code, `${text}\n`)
}

async function sendCpu({ exchange, query }: RequestContext, profiler: Profiler): Promise<void> {
  const text = query.get('seconds') ?? ''
  const asked = /^\+?\d+$/.test(text) && Number(text) > 0 ? Number(text) : defaultSeconds
  const profile = await profiler.cpu(Math.min(asked, maxSeconds) * 1000, exchange.signal)
  exchange.send(200, 'application/octet-stream', profile, attachment('profile.cpuprofile'))
}

async function sendHeap({ exchange }: RequestContext, profiler: Profiler): Promise<void> {
  const snapshot = await profiler.heap()
  const stream = exchange.stream(200, 'application/octet-stream', attachment('heap.heapsnapshot'))
  for await (const chunk of snapshot) {
    if (exchange.signal.aborted) return
    if (!stream.write(chunk)) await stream.drained()
  }
  stream.end()
}

const attachment = (name: string) => ({ 'Content-Disposition': `attachment; filename="${name}"` })

/** The inspector is loaded by who asks for a profile, not by everyone who starts a server. */
const v8Profiler: Profiler = {
  async cpu(milliseconds, signal) {
    const { Session } = await import('node:inspector/promises')
    const session = new Session()
    session.connect()
    try {
      await session.post('Profiler.enable')
      await session.post('Profiler.start')
      await wait(milliseconds, undefined, { signal, ref: false }).catch(() => undefined)
      return JSON.stringify((await session.post('Profiler.stop')).profile)
    } finally {
      session.disconnect()
    }
  },
  async heap() {
    const { getHeapSnapshot } = await import('node:v8')
    return getHeapSnapshot()
  },
}

/** A moment as metav1.Time is written: UTC, whole seconds. @param ms wall clock */
export function rfc3339(ms: number): string {
  const second = Math.floor(ms / 1000)
  // A write asks for the same moment several times, and a busy second sees thousands of writes.
  if (second !== lastSecond) {
    lastText = `${new Date(ms).toISOString().slice(0, 19)}Z`
    lastSecond = second
  }
  return lastText
}

let lastSecond = Number.NaN
let lastText = ''

/** A moment as metav1.MicroTime is written: UTC, six digits of fraction. @param ms wall clock, may have a fraction */
export function rfc3339Micro(ms: number): string {
  const micros = Math.floor(ms * 1000) - Math.floor(ms) * 1000
  return `${new Date(Math.floor(ms)).toISOString().slice(0, -1)}${String(micros).padStart(3, '0')}Z`
}

const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1)

/** Signals that Linux containers may be stopped with. Source: core/v1 Signal. */
export const stopSignals: readonly string[] = [
  ...'ABRT ALRM BUS CHLD CLD CONT FPE HUP ILL INT IO IOT KILL PIPE POLL PROF PWR QUIT SEGV STKFLT STOP SYS TERM TRAP TSTP'.split(
    ' ',
  ),
  ...'TTIN TTOU URG USR1 USR2 VTALRM WINCH XCPU XFSZ RTMIN'.split(' '),
  ...range(15).map((n) => `RTMIN+${n}`),
  ...range(14).map((n) => `RTMAX-${n}`),
  'RTMAX',
].map((name) => `SIG${name}`)

export const windowsStopSignals: readonly string[] = ['SIGKILL', 'SIGTERM']

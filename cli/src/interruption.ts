import { exitCode } from './exit-code.ts'

/** The signals that ask this command to stop, from {@link takeSignals} on. */
export interface Interruption {
  /** Aborted at the first signal; a second one ends the process at once. */
  readonly signal: AbortSignal
  /** The exit code that the signal stands for. */
  exitCode(): number
  /** Leaves the signals to others again. */
  release(): void
}

const codes = { SIGINT: exitCode.interrupted, SIGTERM: exitCode.terminated } as const

/** Takes SIGINT and SIGTERM over, so that what runs can end in order. */
export function takeSignals(): Interruption {
  const stop = new AbortController()
  let code: number = exitCode.interrupted
  const take = (name: keyof typeof codes): void => {
    if (stop.signal.aborted) process.exit(codes[name])
    code = codes[name]
    stop.abort()
  }
  const takers = (['SIGINT', 'SIGTERM'] as const).map((name) => {
    const taker = (): void => take(name)
    process.on(name, taker)
    return { name, taker }
  })
  return {
    signal: stop.signal,
    exitCode: () => code,
    release() {
      for (const { name, taker } of takers) process.off(name, taker)
    },
  }
}

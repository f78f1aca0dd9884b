import type { Log } from './log.ts'

/** Exit codes of a process that a signal ended: 128 and the signal's number. */
const signalCodes = { SIGINT: 130, SIGTERM: 143 } as const
type StopSignal = keyof typeof signalCodes

export interface Lifecycle {
  /** Aborted when the process is told to stop: sources end here. */
  readonly stopping: AbortSignal
  /**
   * A step of stopping; steps run one after the other in the order they were added, which is the
   * order of the data: source, drain, flush, sink.
   */
  onStop(name: string, step: () => unknown): void
  /** Runs at SIGHUP; several run in the order they were added. */
  onReload(name: string, reload: () => unknown): void
  /** Stops from within, as a source that came to its end does; the first call decides the code. */
  stop(exitCode: number): void
  /** Resolves with the exit code once every step has run. */
  untilStopped(): Promise<number>
}

/** A minute at least stands between systemd's and compose's SIGTERM and SIGKILL in our units. */
export const stopMillisMax = 30_000

/**
 * Takes over SIGTERM, SIGINT and SIGHUP of this process, and makes what nobody caught one log line
 * and the end. A second signal ends at once; so does the deadline, naming the step that hung.
 */
export function createLifecycle({
  log,
  deadlineMillis = stopMillisMax,
}: {
  readonly log: Log
  readonly deadlineMillis?: number
}): Lifecycle {
  const stopping = new AbortController()
  const steps: { readonly name: string; readonly step: () => unknown }[] = []
  const reloads: { readonly name: string; readonly reload: () => unknown }[] = []
  const stopped = Promise.withResolvers<number>()
  const stop = async (exitCode: number): Promise<void> => {
    if (stopping.signal.aborted) return
    let current = 'the sources'
    const deadline = setTimeout(() => {
      log.error(
        {
          step: current,
          deadlineSeconds: deadlineMillis / 1000,
        },
        'stopping took too long: what was not written yet is left to the next start',
      )
      process.exit(exitCode === 0 ? 1 : exitCode)
    }, deadlineMillis)
    stopping.abort()
    let failed = false
    for (const { name, step } of steps) {
      current = name
      try {
        await step()
      } catch (error) {
        failed = true
        log.error({ step: name, error }, 'a step of stopping failed')
      }
    }
    clearTimeout(deadline)
    stopped.resolve(failed && exitCode === 0 ? 1 : exitCode)
  }
  handleStopSignals(log, stopping.signal, (code) => void stop(code))
  handleReload(log, reloads)
  handleCrash(log)
  return {
    stopping: stopping.signal,
    onStop: (name, step) => void steps.push({ name, step }),
    onReload: (name, reload) => void reloads.push({ name, reload }),
    stop: (exitCode) => void stop(exitCode),
    untilStopped: () => stopped.promise,
  }
}

function handleStopSignals(log: Log, stopping: AbortSignal, stop: (code: number) => void): void {
  let signals = 0
  for (const signal of Object.keys(signalCodes) as StopSignal[]) {
    process.on(signal, () => {
      signals++
      if (signals === 1 && !stopping.aborted) {
        log.info({ signal }, 'stopping; a second signal ends at once')
        stop(signalCodes[signal])
      } else {
        log.warn({ signal }, 'ended at once')
        process.exit(signalCodes[signal])
      }
    })
  }
}

function handleReload(
  log: Log,
  reloads: readonly { readonly name: string; readonly reload: () => unknown }[],
): void {
  process.on('SIGHUP', async () => {
    if (reloads.length === 0) log.info('nothing to reload')
    for (const { name, reload } of reloads) {
      try {
        await reload()
        log.info({ what: name }, 'reloaded')
      } catch (error) {
        log.error({ what: name, error }, 'could not reload: what was loaded before stays')
      }
    }
  })
}

/** An exception that nobody caught is a bug: its line is written and the process ends. */
function handleCrash(log: Log): void {
  const crash = (error: unknown): void => {
    log.error({ error: error instanceof Error ? error : new Error(String(error)) }, 'crashed')
    process.exit(1)
  }
  process.on('uncaughtException', crash)
  process.on('unhandledRejection', crash)
}

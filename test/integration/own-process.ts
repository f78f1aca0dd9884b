import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'

/** A process that a test started and ends itself, by its own handle. */
export interface OwnProcess {
  /** Everything it wrote to standard output and error so far. */
  output(): string
  /** Resolves when its output matches; rejects when it ends before, or takes too long. */
  waitFor(pattern: RegExp, millisMax: number): Promise<void>
  /** Resolves to its exit code when it ends by itself; ends it when it takes too long. */
  finished(millisMax: number): Promise<number | null>
  /** Sends a signal that does not end it. */
  signal(signal: NodeJS.Signals): void
  /** Sends a signal, waits, and kills what is left after two seconds. */
  stop(signal: NodeJS.Signals): Promise<void>
}

/** Starts a program; nothing of it outlives {@link OwnProcess.stop}. */
export function startProcess(program: string, args: readonly string[]): OwnProcess {
  const child: ChildProcess = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  let text = ''
  let ended = false
  const collect = (chunk: Buffer): void => {
    text += chunk.toString()
  }
  child.stdout!.on('data', collect)
  child.stderr!.on('data', collect)
  const exit = once(child, 'close').then(([code]) => {
    ended = true
    return code as number | null
  })
  const within = async (millisMax: number): Promise<number | null | undefined> => {
    const timer = new AbortController()
    const limit = delay(millisMax, undefined, { signal: timer.signal }).catch(() => undefined)
    const first = await Promise.race([exit, limit])
    timer.abort()
    return first
  }
  const process: OwnProcess = {
    output: () => text,
    async waitFor(pattern, millisMax) {
      for (let waited = 0; !pattern.test(text); waited += 20) {
        if (ended || waited > millisMax) throw new Error(`${program} did not start: ${text}`)
        await delay(20)
      }
    },
    async finished(millisMax) {
      const code = await within(millisMax)
      if (code === undefined) {
        await process.stop('SIGKILL')
        throw new Error(`${program} took more than ${millisMax} ms: ${text}`)
      }
      return code
    },
    signal: (signal) => void child.kill(signal),
    async stop(signal) {
      if (ended) return
      child.kill(signal)
      if ((await within(2000)) === undefined && !ended) {
        child.kill('SIGKILL')
        await exit
      }
    },
  }
  return process
}

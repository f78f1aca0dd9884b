import { setTimeout as delay } from 'node:timers/promises'
import type { BusMessage, BusSender } from './bus.ts'
import type { SpoolCounters, SpoolFolder } from './spool-folder.ts'

export interface SpoolOptions {
  readonly disk: SpoolFolder
  /** The bus behind it; `send` resolves when a message is acknowledged. */
  readonly to: BusSender
  /** Bytes that wait in memory at most, before they go to disk; default 4 MiB. */
  readonly memoryBytesMax?: number
  /** Milliseconds that a message waits in memory at most, before it goes to disk; default 500. */
  readonly memoryMillisMax?: number
  /** Told once per failed try. */
  readonly onFailure?: (error: unknown) => void
}

/** A sender that never waits for its bus: what is not acknowledged soon goes to disk. */
export interface Spool extends BusSender {
  readonly counters: SpoolCounters & {
    /** Sends that failed; the same message is sent again. */
    spool_failed_sends: number
    /** Messages that the bus refuses for ever, as too large ones; they are dropped. */
    spool_refused_messages: number
  }
  /** Messages that are not acknowledged. */
  readonly waiting: number
  /** Bytes on disk. */
  readonly diskBytes: number
  /** Resolves when every message was acknowledged, or false when that takes too long. */
  drained(millisMax: number): Promise<boolean>
  /** Puts what is not acknowledged on disk and gives the folder back. */
  close(): void
}

const memoryBytesDefault = 4 * 2 ** 20
const memoryMillisDefault = 500
const retryMillis = 1000
const cursorMillis = 1000
/** Code of the error with which a bus refuses a message for ever. */
const refusedCode = 'MESSAGE_REFUSED'

interface Waiting {
  readonly message: BusMessage
  readonly sinceMillis: number
}

/**
 * Sends messages in order, one at a time, each until it is acknowledged. They wait in memory while
 * the bus keeps up, and on disk, all of them, while it does not: so a `kill -9` loses at most what
 * was given within {@link SpoolOptions.memoryMillisMax}, and memory stays bounded.
 */
export function createSpool(options: SpoolOptions): Spool {
  return new SpoolSender(options)
}

class SpoolSender implements Spool {
  readonly counters: Spool['counters']
  readonly #options: Required<Omit<SpoolOptions, 'onFailure'>> & Pick<SpoolOptions, 'onFailure'>
  /** In use only while nothing is on disk. */
  #memory: Waiting[] = []
  #memoryBytes = 0
  /** Where the message on its way is on disk, once it went there. */
  #placeOfCurrent: string | undefined
  #closed = false
  #wake: (() => void) | undefined
  readonly #timer: NodeJS.Timeout
  readonly #stop = new AbortController()

  constructor(options: SpoolOptions) {
    this.#options = {
      memoryBytesMax: memoryBytesDefault,
      memoryMillisMax: memoryMillisDefault,
      ...options,
    }
    this.counters = Object.assign(options.disk.counters, {
      spool_failed_sends: 0,
      spool_refused_messages: 0,
    })
    this.#timer = setInterval(() => this.#spillLate(), this.#options.memoryMillisMax / 2)
    this.#timer.unref()
    void this.#pump()
  }

  get waiting(): number {
    return this.#memory.length + this.#options.disk.messages
  }

  get diskBytes(): number {
    return this.#options.disk.bytes
  }

  /** Resolves at once: the message has its place in memory or on disk, or is counted as lost. */
  async send(message: BusMessage): Promise<void> {
    if (this.#closed) throw new Error('a message was sent after the end of the spool')
    const { disk, memoryBytesMax } = this.#options
    if (disk.isEmpty) {
      this.#memory.push({ message, sinceMillis: performance.now() })
      this.#memoryBytes += message.value.length
      if (this.#memoryBytes > memoryBytesMax) this.#spill()
    } else disk.append(message)
    this.#wake?.()
  }

  end(): void {
    this.#options.to.end()
  }

  async drained(millisMax: number): Promise<boolean> {
    const until = performance.now() + millisMax
    while (this.waiting > 0) {
      if (performance.now() > until) return false
      await delay(20)
    }
    return true
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#spill()
    clearInterval(this.#timer)
    this.#stop.abort()
    this.#wake?.()
    this.#options.disk.close()
  }

  async #pump(): Promise<void> {
    let savedMillis = performance.now()
    while (!this.#closed) {
      const message = this.#oldest()
      if (!message) {
        await new Promise<void>((resolve) => {
          this.#wake = resolve
        })
        continue
      }
      const isSent = await this.#deliver(message)
      if (this.#closed) return
      if (!isSent) continue
      this.#forgetOldest()
      if (performance.now() - savedMillis < cursorMillis) continue
      this.#options.disk.saveCursor()
      savedMillis = performance.now()
    }
  }

  #oldest(): BusMessage | undefined {
    const spooled = this.#options.disk.peek()
    this.#placeOfCurrent = spooled?.place
    return spooled?.message ?? this.#memory[0]?.message
  }

  /** The same message until it is acknowledged: going on past a failure could lose it. */
  async #deliver(message: BusMessage): Promise<boolean> {
    try {
      await this.#options.to.send(message)
      return true
    } catch (error) {
      this.#options.onFailure?.(error)
      if ((error as { code?: unknown }).code === refusedCode) {
        this.counters.spool_refused_messages++
        return true
      }
      this.counters.spool_failed_sends++
      await delay(retryMillis, undefined, { signal: this.#stop.signal }).catch(() => {})
      return false
    }
  }

  #forgetOldest(): void {
    if (this.#placeOfCurrent !== undefined) this.#options.disk.done(this.#placeOfCurrent)
    else {
      const first = this.#memory.shift()
      this.#memoryBytes -= first?.message.value.length ?? 0
    }
  }

  #spillLate(): void {
    const [first] = this.#memory
    if (!first) return
    const waited = performance.now() - first.sinceMillis
    if (waited >= this.#options.memoryMillisMax) this.#spill()
  }

  /** Moves all that waits in memory to disk, in order; the one on its way is the first of them. */
  #spill(): void {
    for (const [index, { message }] of this.#memory.entries()) {
      const place = this.#options.disk.append(message)
      if (index === 0) this.#placeOfCurrent = place ?? 'nowhere'
    }
    this.#memory = []
    this.#memoryBytes = 0
  }
}

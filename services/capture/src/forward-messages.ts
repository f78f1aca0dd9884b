import { ok, type Result } from '@goldpan/core'
import { type BusMessage, createFileBusReceiver } from '@goldpan/runtime'
import { decodeHandshakes, decodeTraffic } from '@goldpan/wire'
import type { InputError } from './input-file.ts'
import type { SendQueue } from './send-queue.ts'
import type { ServiceAddresses } from './served-servers.ts'

/** What was in a folder that sensors wrote with `--to file:DIR`. */
export interface ForwardedMessages {
  readonly handshakes: number
  /** Packet times of the first and the last row. */
  readonly firstMicros?: number
  readonly lastMicros?: number
  /** One sentence each. */
  readonly notes: readonly string[]
}

export interface ForwardOptions {
  readonly service: string
  readonly site: string
  /** All services that are looked at, one after the other. */
  readonly services?: readonly ServiceAddresses[] | undefined
  readonly queue: SendQueue
  readonly signal?: AbortSignal | undefined
}

/** Hands on the messages of one service and site as they are, with their own sensors and boots. */
export async function forwardMessages(
  folder: string,
  { service, services, site, queue, signal }: ForwardOptions,
): Promise<Result<ForwardedMessages, InputError>> {
  const notes: string[] = []
  const opened = createFileBusReceiver({ folder, onDamage: (sentence) => notes.push(sentence) })
  if (!opened.ok) return { ok: false, error: { code: 'UNREADABLE', message: opened.error } }
  const span = new TimeSpan()
  const others = new Set<string>()
  let handshakes = 0
  for await (const message of opened.value.receive()) {
    if (signal?.aborted) break
    const { source } = message
    if (source.service !== service || source.site !== site) {
      const isLookedAt =
        source.site === site && services?.some((each) => each.service === source.service)
      if (!isLookedAt) others.add(`${source.service} at ${source.site}`)
      continue
    }
    if (message.topic === 'goldpan.handshakes.v1') handshakes += message.rows
    span.add(message)
    queue.push(message)
    await queue.pause()
  }
  for (const other of others) notes.push(`${folder} also holds ${other}, which was passed over`)
  return ok({ handshakes, ...span.micros(), notes })
}

/** First and last packet time of rows. */
class TimeSpan {
  #first = Number.POSITIVE_INFINITY
  #last = Number.NEGATIVE_INFINITY

  add({ topic, value }: BusMessage): void {
    if (topic === 'goldpan.handshakes.v1') {
      const decoded = decodeHandshakes(value)
      if (decoded.ok) this.#extend(decoded.value.batch.timeMicros, decoded.value.batch.length, 1)
    } else if (topic === 'goldpan.traffic.v1') {
      const decoded = decodeTraffic(value)
      if (decoded.ok)
        this.#extend(decoded.value.batch.minuteSeconds, decoded.value.batch.length, 1e6)
    }
  }

  #extend(times: Float64Array, length: number, unitMicros: number): void {
    for (let row = 0; row < length; row++) {
      const micros = times[row]! * unitMicros
      if (micros < this.#first) this.#first = micros
      if (micros > this.#last) this.#last = micros
    }
  }

  micros(): { firstMicros?: number; lastMicros?: number } {
    if (this.#last < this.#first) return {}
    return { firstMicros: this.#first, lastMicros: this.#last }
  }
}

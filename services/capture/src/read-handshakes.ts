import { createHandshakeBatch, type HandshakeBatch, ok, type Result } from '@goldpan/core'
import { HandshakePackets } from './handshake-packets.ts'
import { HandshakeTracker } from './handshake-tracker.ts'
import type { InputError } from './input-file.ts'
import { orderCaptures } from './order-captures.ts'
import { type InputDamage, readCapture } from './read-capture.ts'

export interface ReadHandshakesOptions {
  /** Captures, folders of captures, or `-`; one site's, so that state crosses their boundaries. */
  readonly inputs: readonly string[]
  /** Server ports. */
  readonly ports: readonly number[]
  /** Gets rows in the order of completion; the batch is reused after the call. */
  readonly onBatch: (batch: HandshakeBatch) => void
  readonly onProgress?: (bytesRead: number) => void
  readonly signal?: AbortSignal
}

export interface ReadHandshakesSummary {
  readonly tracker: HandshakeTracker
  readonly damages: readonly InputDamage[]
  readonly notes: readonly string[]
}

const batchRows = 4096

/** Reads captures for their handshakes alone: no traffic is counted. */
export async function readHandshakes(
  options: ReadHandshakesOptions,
): Promise<Result<ReadHandshakesSummary, InputError>> {
  const ordered = await orderCaptures(options.inputs)
  if (!ordered.ok) return ordered
  const batch = createHandshakeBatch(batchRows)
  const flush = (): void => {
    if (batch.length > 0) options.onBatch(batch)
    batch.length = 0
  }
  const tracker = new HandshakeTracker({
    ports: options.ports,
    sink: { batchOf: () => batch, full: flush },
  })
  const sink = new HandshakePackets(tracker, options.ports)
  const damages: InputDamage[] = []
  for (const file of ordered.value.files) {
    if (options.signal?.aborted) break
    const read = await readCapture(file, sink, options)
    if (!read.ok) return read
    if (read.value.damage) damages.push(read.value.damage)
    flush()
  }
  tracker.finish()
  flush()
  return ok({ tracker, damages, notes: ordered.value.notes })
}

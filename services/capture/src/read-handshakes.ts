import { createHandshakeBatch, err, type HandshakeBatch, ok, type Result } from '@goldpan/core'
import type { HandshakeFileEnd, HandshakeFileFormat, HandshakeFileSink } from './handshake-file.ts'
import { HandshakePackets } from './handshake-packets.ts'
import { HandshakeTracker } from './handshake-tracker.ts'
import type { InputError } from './input-file.ts'
import { orderCaptures } from './order-captures.ts'
import { type InputDamage, isCapture, readCapture } from './read-capture.ts'

export interface ReadHandshakesOptions {
  /**
   * Captures, folders of captures, or `-`; one site's, so that state crosses their boundaries.
   * Files that this command wrote follow behind them.
   */
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
  /** Captures most of whose handshakes look captured at their clients. */
  readonly takenAtClient: readonly string[]
}

const batchRows = 4096

/**
 * Reads captures for their handshakes alone: no traffic is counted. What cannot be read is damage
 * where anything else was; where nothing was, the result is an error.
 */
export async function readHandshakes(
  options: ReadHandshakesOptions,
): Promise<Result<ReadHandshakesSummary, InputError>> {
  const { captures, exports } = await sortInputs(options.inputs)
  const { files, notes, unread } = await orderCaptures(captures)
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
  const takenAtClient: string[] = []
  let filesRead = 0
  const take = (read: Result<{ readonly damage?: InputDamage }, InputError>) => {
    if (read.ok) filesRead++
    else unread.add(read.error)
    if (read.ok && read.value.damage) damages.push(read.value.damage)
  }
  for (const file of files) {
    if (options.signal?.aborted) break
    const { handshakes, client_side } = tracker.counters
    take(await readCapture(file, sink, options))
    const clientSide = tracker.counters.client_side - client_side
    if (clientSide * 2 > tracker.counters.handshakes - handshakes) takenAtClient.push(file)
    flush()
  }
  tracker.finish()
  flush()
  for (const file of exports) take(await readExport(file, batch, flush, options))
  if (filesRead === 0 && unread.error) return err(unread.error)
  return ok({ tracker, damages: [...damages, ...unread.damages], notes, takenAtClient })
}

interface SortedInputs {
  readonly captures: readonly string[]
  readonly exports: readonly string[]
}

/** Only where something is no capture, it costs to look whether this command wrote it. */
async function sortInputs(inputs: readonly string[]): Promise<SortedInputs> {
  const captures: string[] = []
  const exports: string[] = []
  for (const name of inputs) {
    const isExport = !(await isCapture(name)) && (await exportFormat(name)) !== undefined
    ;(isExport ? exports : captures).push(name)
  }
  return { captures, exports }
}

async function exportFormat(name: string): Promise<HandshakeFileFormat | undefined> {
  const { handshakeFileFormat } = await import('./handshake-file.ts')
  return handshakeFileFormat(name)
}

async function readExport(
  name: string,
  batch: HandshakeBatch,
  flush: () => void,
  options: ReadHandshakesOptions,
): Promise<Result<HandshakeFileEnd, InputError>> {
  const { readHandshakeFile } = await import('./handshake-file.ts')
  const sink: HandshakeFileSink = {
    rowBatch: () => batch,
    rowAdded: () => {
      if (batch.length === batch.capacity) flush()
    },
    append: options.onBatch,
  }
  const read = await readHandshakeFile(name, (await exportFormat(name))!, sink, options)
  flush()
  return read
}

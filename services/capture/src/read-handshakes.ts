import { createHandshakeBatch, err, type HandshakeBatch, ok, type Result } from '@goldpan/core'
import type { PacketSink } from '@goldpan/packet'
import type { HandshakeFileEnd, HandshakeFileFormat, HandshakeFileSink } from './handshake-file.ts'
import { HandshakePackets } from './handshake-packets.ts'
import { HandshakeTracker } from './handshake-tracker.ts'
import type { InputError, OpenInput } from './input-file.ts'
import { orderCaptures } from './order-captures.ts'
import { isPipe, openPiped } from './piped-input.ts'
import { beginsAsCapture, type InputDamage, isCapture, readCapture } from './read-capture.ts'

export interface ReadHandshakesOptions {
  /**
   * Captures, folders of captures, or `-`; one site's, so that state crosses their boundaries.
   * Files that this command wrote follow behind them; `-` may hold one as well.
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
  const passedOver: string[] = []
  const takenAtClient: string[] = []
  let filesRead = 0
  const exported: ExportRows = { batch, flush }
  const take = (read: Result<InputEnd, InputError>) => {
    if (read.ok) filesRead++
    else unread.add(read.error)
    if (!read.ok) return
    if (read.value.damage) damages.push(read.value.damage)
    if (read.value.note !== undefined) passedOver.push(read.value.note)
  }
  for (const file of files) {
    if (options.signal?.aborted) break
    const { handshakes, client_side } = tracker.counters
    take(await readInput(file, sink, exported, options))
    const clientSide = tracker.counters.client_side - client_side
    if (clientSide * 2 > tracker.counters.handshakes - handshakes) takenAtClient.push(file)
    flush()
  }
  tracker.finish()
  flush()
  for (const file of exports)
    take(await readExport(file, await exportFormat(file), exported, options))
  if (filesRead === 0 && unread.error) return err(unread.error)
  return ok({
    tracker,
    damages: [...damages, ...unread.damages],
    notes: [...notes, ...passedOver],
    takenAtClient,
  })
}

interface InputEnd {
  readonly damage?: InputDamage
  readonly note?: string
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

/** Where the rows of exports go. */
interface ExportRows {
  readonly batch: HandshakeBatch
  readonly flush: () => void
}

/** A capture; what comes through a pipe may also be what this command wrote. */
async function readInput(
  name: string,
  sink: PacketSink,
  exported: ExportRows,
  options: ReadHandshakesOptions,
): Promise<Result<InputEnd, InputError>> {
  if (!isPipe(name)) return readCapture(name, sink, options)
  const opened = await openPiped(name, options.signal)
  if (!opened.ok) return opened
  const { input, head } = opened.value
  if (beginsAsCapture(head)) return readCapture(input, sink, options)
  const { formatOfHead } = await import('./handshake-file.ts')
  const format = formatOfHead(head)
  return format ? readExport(input, format, exported, options) : readCapture(input, sink, options)
}

async function readExport(
  file: string | OpenInput,
  format: HandshakeFileFormat | undefined,
  { batch, flush }: ExportRows,
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
  const read = await readHandshakeFile(file, format!, sink, options)
  flush()
  return read
}

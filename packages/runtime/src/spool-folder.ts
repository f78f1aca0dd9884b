import {
  closeSync,
  fdatasyncSync,
  ftruncateSync,
  openSync,
  unlinkSync,
  writeSync,
  writevSync,
} from 'node:fs'
import { join } from 'node:path'
import { err, ok, type Result } from '@goldpan/core'
import type { BusMessage } from './bus.ts'
import { lockFolder } from './folder-lock.ts'
import { makeFolder } from './make-folder.ts'
import { outlineSegment, readCursor, type SegmentOutline, writeCursor } from './spool-cursor.ts'
import { encodeRecord, segmentMagic } from './spool-record.ts'
import { listSegments, SegmentReader, segmentName } from './spool-segment.ts'

export interface SpoolFolderOptions {
  readonly folder: string
  /** Bytes on disk at most; the oldest segment goes first. */
  readonly bytesMax: number
  /** Bytes of one segment, at least one record; default 16 MiB. */
  readonly segmentBytesMax?: number
}

/** Every loss of the spool, by reason; counted since it was opened. */
export interface SpoolCounters {
  /** Messages and rows dropped because the bound was reached or damage stood before them. */
  spool_dropped_messages: number
  spool_dropped_rows: number
  /** Messages that could not be written (disk full, no permission). */
  spool_unwritten_messages: number
  spool_unwritten_rows: number
  /** Bytes behind the last whole record of a segment: a write that a crash cut off, or damage. */
  spool_torn_bytes: number
}

/** A message on disk and its place, to be handed back by {@link SpoolFolder.done}. */
export interface SpooledMessage {
  readonly message: BusMessage
  readonly place: string
}

type Segment = SegmentOutline

const segmentBytesDefault = 16 * 2 ** 20

/**
 * Messages on disk, oldest first: segments that are appended to, read once, and deleted when read.
 *
 * What was written survives `kill -9` at any moment: a record is whole or it is not there, and each
 * run appends to a segment of its own. Against power loss a segment is synced when it is closed, so
 * at most the open one is lost. The place reached is written now and then; after a crash the
 * messages behind it come again, with their numbers, and the receiver knows them.
 */
export class SpoolFolder {
  readonly counters: SpoolCounters = {
    spool_dropped_messages: 0,
    spool_dropped_rows: 0,
    spool_unwritten_messages: 0,
    spool_unwritten_rows: 0,
    spool_torn_bytes: 0,
  }
  readonly #folder: string
  readonly #bytesMax: number
  readonly #segmentBytesMax: number
  readonly #release: () => void
  /** Oldest first; the first is being read, the last may be written to. */
  #segments: Segment[] = []
  #reader: SegmentReader | undefined
  /** Where the next message is in the first segment. */
  #offset = segmentMagic.length
  #writer: number | undefined
  /** Segment that the cursor on disk speaks of: its number is never given again. */
  #cursorSegment = 0

  private constructor(options: SpoolFolderOptions, release: () => void) {
    this.#folder = options.folder
    this.#bytesMax = options.bytesMax
    const segmentBytes = options.segmentBytesMax ?? segmentBytesDefault
    this.#segmentBytesMax = Math.min(segmentBytes, Math.ceil(options.bytesMax / 4))
    this.#release = release
  }

  /** Opens a folder for this process alone; what an earlier run left is read first. */
  static open(options: SpoolFolderOptions): Result<SpoolFolder, string> {
    const { folder } = options
    try {
      makeFolder(folder, 0o700)
      const lock = lockFolder(folder)
      if (!lock.ok) return err(held(folder, lock.error))
      const spool = new SpoolFolder(options, lock.value)
      spool.#recover()
      return ok(spool)
    } catch (error) {
      return err(
        `the spool ${folder} cannot be used (${(error as Error).message}): ` +
          'name a folder that this user may write to',
      )
    }
  }

  get isEmpty(): boolean {
    return this.#segments.length === 0
  }

  /** Bytes on disk. */
  get bytes(): number {
    return this.#segments.reduce((sum, { end }) => sum + end, 0)
  }

  get messages(): number {
    return this.#segments.reduce((sum, { messages }) => sum + messages, 0)
  }

  /** Writes a message behind all others; its place, or undefined when it could not be written. */
  append(message: BusMessage): string | undefined {
    const record = encodeRecord(message)
    const bytes = record[0].length + record[1].length
    while (this.bytes + bytes > this.#bytesMax && this.#segments.length > 1) this.#dropOldest()
    if (this.bytes + bytes > this.#bytesMax) this.#dropOldest()
    let place = this.#write(record)
    // A full disk: the oldest makes room for the newest.
    while (place === undefined && this.#segments.length > 1) {
      this.#dropOldest()
      place = this.#write(record)
    }
    const segment = this.#segments.at(-1)
    if (place === undefined || !segment) {
      this.counters.spool_unwritten_messages++
      this.counters.spool_unwritten_rows += message.rows
      return undefined
    }
    segment.messages++
    segment.rows += message.rows
    return place
  }

  /** The oldest message; the same one until {@link done}. */
  peek(): SpooledMessage | undefined {
    for (;;) {
      const first = this.#segments[0]
      if (!first) return undefined
      if (this.#offset < first.end) {
        this.#reader ??= new SegmentReader(this.#folder, first.number)
        const record = this.#reader.read(this.#offset)
        if (record) {
          return { message: record.message, place: placeOf(first.number, this.#offset) }
        }
        // Damage: lengths cannot be trusted behind it.
        this.counters.spool_torn_bytes += first.end - this.#offset
      }
      this.#countDropped(first)
      this.#remove(first)
    }
  }

  /** The message of `place` is acknowledged; nothing when it was dropped meanwhile. */
  done(place: string): void {
    const first = this.#segments[0]
    if (!first || place !== placeOf(first.number, this.#offset)) return
    this.#reader ??= new SegmentReader(this.#folder, first.number)
    const outline = this.#reader.outline(this.#offset)
    this.#offset = outline?.end ?? first.end
    first.messages--
    first.rows -= outline?.rows ?? 0
    if (this.#offset >= first.end) this.#remove(first)
  }

  /** Writes down how far it was read, so that a restart repeats little. */
  saveCursor(): void {
    const first = this.#segments[0]
    if (!first) return
    writeCursor(this.#folder, { segment: first.number, offset: this.#offset })
    this.#cursorSegment = first.number
  }

  close(): void {
    this.saveCursor()
    this.#reader?.close()
    this.#reader = undefined
    this.#closeWriter()
    this.#release()
  }

  #write(record: readonly [Uint8Array, Uint8Array]): string | undefined {
    const bytes = record[0].length + record[1].length
    try {
      const segment = this.#writableSegment(bytes)
      const start = segment.end
      try {
        // A disk that fills up takes a part: the next write then says that it is full.
        const written = writevSync(this.#writer!, record, start)
        if (written < bytes) this.#writeRest(Buffer.concat(record), written, start)
      } catch (error) {
        ftruncateSync(this.#writer!, start)
        throw error
      }
      segment.end += bytes
      return placeOf(segment.number, start)
    } catch {
      return undefined
    }
  }

  #writeRest(record: Uint8Array, from: number, start: number): void {
    for (let written = from; written < record.length; ) {
      written += writeSync(this.#writer!, record, written, record.length - written, start + written)
    }
  }

  #writableSegment(bytes: number): Segment {
    const last = this.#segments.at(-1)
    if (last && this.#writer !== undefined && last.end + bytes <= this.#segmentBytesMax) return last
    this.#closeWriter()
    const used = [this.#cursorSegment, last?.number ?? 0, ...listSegments(this.#folder)]
    const number = Math.max(...used) + 1
    this.#writer = openSync(join(this.#folder, segmentName(number)), 'wx', 0o600)
    writeSync(this.#writer, segmentMagic, 0, segmentMagic.length, 0)
    const segment = { number, end: segmentMagic.length, messages: 0, rows: 0 }
    this.#segments.push(segment)
    return segment
  }

  #closeWriter(): void {
    if (this.#writer === undefined) return
    try {
      fdatasyncSync(this.#writer)
    } finally {
      closeSync(this.#writer)
      this.#writer = undefined
    }
  }

  #dropOldest(): void {
    const first = this.#segments[0]
    if (!first) return
    this.#countDropped(first)
    this.#remove(first)
  }

  #countDropped({ messages, rows }: Segment): void {
    this.counters.spool_dropped_messages += messages
    this.counters.spool_dropped_rows += rows
  }

  #remove(first: Segment): void {
    if (this.#segments.length === 1) this.#closeWriter()
    this.#reader?.close()
    this.#reader = undefined
    unlinkSync(join(this.#folder, segmentName(first.number)))
    this.#segments.shift()
    this.#offset = segmentMagic.length
  }

  #recover(): void {
    const cursor = readCursor(this.#folder)
    this.#cursorSegment = cursor.segment
    for (const number of listSegments(this.#folder)) {
      const from = number === cursor.segment ? cursor.offset : segmentMagic.length
      const { tornBytes, ...segment } = outlineSegment(this.#folder, number, from)
      this.counters.spool_torn_bytes += tornBytes
      if (segment.messages === 0) {
        unlinkSync(join(this.#folder, segmentName(number)))
        continue
      }
      if (this.#segments.length === 0) this.#offset = from
      this.#segments.push(segment)
    }
  }
}

const placeOf = (segment: number, offset: number): string => `${segment}:${offset}`

const held = (folder: string, pid: number): string =>
  `the spool ${folder} is in use by process ${pid}: give each sensor a name or a folder of its own`

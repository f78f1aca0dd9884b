import { closeSync, fstatSync, openSync, readdirSync, readSync } from 'node:fs'
import { join } from 'node:path'
import type { BusMessage } from './bus.ts'
import {
  decodePayload,
  parseHead,
  payloadBytesMax,
  recordHeaderBytes,
  segmentMagic,
} from './spool-record.ts'

const segmentPattern = /^(\d{16})\.spool$/

/** File name of a segment. */
export const segmentName = (number: number): string => `${String(number).padStart(16, '0')}.spool`

/** Numbers of the segments in a folder, oldest first. */
export function listSegments(folder: string): number[] {
  return readdirSync(folder)
    .flatMap((name) => segmentPattern.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((left, right) => left - right)
}

/** A message and where the next record begins. */
export interface SegmentRecord {
  readonly message: BusMessage
  readonly end: number
}

/** What a record says of itself without its message. */
export interface RecordOutline {
  readonly rows: number
  readonly end: number
}

/** One segment file, read record by record; another process may append to it meanwhile. */
export class SegmentReader {
  readonly number: number
  readonly #descriptor: number
  readonly #header = Buffer.alloc(recordHeaderBytes + 2)

  constructor(folder: string, number: number) {
    this.number = number
    this.#descriptor = openSync(join(folder, segmentName(number)), 'r')
  }

  get bytes(): number {
    return fstatSync(this.#descriptor).size
  }

  /** Offset of the first record; undefined when the file does not begin as a segment does. */
  start(): number | undefined {
    const magic = Buffer.alloc(segmentMagic.length)
    const read = readSync(this.#descriptor, magic, 0, magic.length, 0)
    return read === magic.length && magic.equals(segmentMagic) ? magic.length : undefined
  }

  /** The record at `offset`; undefined at the end, in a torn tail and where it is damaged. */
  read(offset: number): SegmentRecord | undefined {
    const length = this.#payloadBytes(offset)
    if (length === undefined) return undefined
    const crc = this.#header.readUInt32LE(4)
    const payload = Buffer.allocUnsafeSlow(length)
    const at = offset + recordHeaderBytes
    if (readSync(this.#descriptor, payload, 0, length, at) < length) return undefined
    const message = decodePayload(payload, crc)
    return message && { message, end: at + length }
  }

  /** The outline of the record at `offset`, without reading its message. */
  outline(offset: number): RecordOutline | undefined {
    const length = this.#payloadBytes(offset)
    if (length === undefined || length < 2) return undefined
    const end = offset + recordHeaderBytes + length
    if (end > this.bytes) return undefined
    const head = Buffer.alloc(this.#header.readUInt16LE(recordHeaderBytes))
    readSync(this.#descriptor, head, 0, head.length, offset + recordHeaderBytes + 2)
    const rows = parseHead(head.toString())?.rows
    return rows === undefined ? undefined : { rows, end }
  }

  close(): void {
    closeSync(this.#descriptor)
  }

  #payloadBytes(offset: number): number | undefined {
    const read = readSync(this.#descriptor, this.#header, 0, this.#header.length, offset)
    if (read < this.#header.length) return undefined
    const length = this.#header.readUInt32LE(0)
    return length <= payloadBytesMax ? length : undefined
  }
}

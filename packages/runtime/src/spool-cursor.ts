import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { SegmentReader } from './spool-segment.ts'

/** What an earlier run left: how far it had read, and what stands in its segments. */

export interface Cursor {
  readonly segment: number
  readonly offset: number
}

const noCursor: Cursor = { segment: 0, offset: 0 }

/** How far the segments of a folder were read when that was last written down. */
export function readCursor(folder: string): Cursor {
  try {
    const [segment, offset] = readFileSync(join(folder, 'cursor'), 'utf8').split(':').map(Number)
    const isCursor = Number.isSafeInteger(segment) && Number.isSafeInteger(offset)
    return isCursor ? { segment: segment!, offset: offset! } : noCursor
  } catch {
    return noCursor
  }
}

/** Replaces the cursor of a folder in one step. */
export function writeCursor(folder: string, { segment, offset }: Cursor): void {
  try {
    const file = join(folder, 'cursor')
    writeFileSync(`${file}.new`, `${segment}:${offset}`)
    renameSync(`${file}.new`, file)
  } catch {
    // A full disk: after a crash more comes twice, and the receiver knows it.
  }
}

export interface SegmentOutline {
  readonly number: number
  /** Offset behind the last whole record. */
  end: number
  /** Messages that are not read yet, and their rows. */
  messages: number
  rows: number
}

/** What stands in a segment from an offset on, and the bytes behind its last whole record. */
export function outlineSegment(
  folder: string,
  number: number,
  from: number,
): SegmentOutline & { readonly tornBytes: number } {
  const reader = new SegmentReader(folder, number)
  let end = reader.start() === undefined ? 0 : from
  let messages = 0
  let rows = 0
  for (let outline = end > 0 ? reader.outline(end) : undefined; outline; ) {
    messages++
    rows += outline.rows
    end = outline.end
    outline = reader.outline(end)
  }
  const tornBytes = Math.max(reader.bytes - end, 0)
  reader.close()
  return { number, end, messages, rows, tornBytes }
}

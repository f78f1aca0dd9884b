import { readSync } from 'node:fs'
import { setImmediate as yieldToEvents } from 'node:timers/promises'
import { type HandshakeBatch, ok, type Result } from '@goldpan/core'
import { decodeHandshakeStream, isArrowStream } from '@goldpan/wire'
import {
  HandshakeCsvParser,
  type HandshakeRowSink,
  isHandshakeCsv,
} from './handshake-csv-parser.ts'
import {
  chunkBytes,
  type InputError,
  isRegularFile,
  type OpenInput,
  openInput,
} from './input-file.ts'
import { headBytes, type InputDamage, type ReadCaptureOptions } from './read-capture.ts'

export type HandshakeFileFormat = 'csv' | 'arrow'

/** Files that `goldpan handshakes` wrote: told from captures by how they begin. */
export async function handshakeFileFormat(name: string): Promise<HandshakeFileFormat | undefined> {
  // What a pipe holds can be read only once: who opens it looks at how it begins.
  if (!isRegularFile(name)) return undefined
  const opened = openInput(name)
  if (!opened.ok) return undefined
  try {
    for await (const chunk of chunksOf(opened.value)) return formatOfHead(chunk)
  } catch {
    // It does not inflate: reading it as a capture says so.
  } finally {
    opened.value.close()
  }
  return undefined
}

/** Told by the first bytes, up to the end of a header at least. */
export function formatOfHead(head: Uint8Array): HandshakeFileFormat | undefined {
  if (isHandshakeCsv(head)) return 'csv'
  return isArrowStream(head) ? 'arrow' : undefined
}

/** Takes rows one by one, of CSV, or whole batches, of Arrow. */
export interface HandshakeFileSink extends HandshakeRowSink {
  append(batch: HandshakeBatch): void
}

export interface HandshakeFileEnd {
  readonly rowsWithoutClient: number
  readonly damage?: InputDamage
}

/** Reads one such file, by name or open, to its end or its damage, row by row into `rows`. */
export async function readHandshakeFile(
  file: string | OpenInput,
  format: HandshakeFileFormat,
  rows: HandshakeFileSink,
  options: ReadCaptureOptions,
): Promise<Result<HandshakeFileEnd, InputError>> {
  const opened = typeof file === 'string' ? openInput(file) : ok(file)
  if (!opened.ok) return opened
  const { name } = opened.value
  const chunks = observed(opened.value, options)
  try {
    const end = await (format === 'csv' ? readCsv : readArrow)(chunks, rows)
    const { reason, byteOffset, rowsWithoutClient } = end
    if (reason === undefined) return ok({ rowsWithoutClient })
    const message =
      `${name} is damaged at byte ${byteOffset}: ${reason}; ` +
      'all handshakes before it were used, export it again if the original is whole'
    return ok({ rowsWithoutClient, damage: { byteOffset, message } })
  } finally {
    opened.value.close()
  }
}

interface FormatEnd {
  readonly rowsWithoutClient: number
  readonly byteOffset: number
  readonly reason: string | undefined
}

async function readCsv(chunks: AsyncIterable<Buffer>, rows: HandshakeFileSink): Promise<FormatEnd> {
  const parser = new HandshakeCsvParser(rows)
  let rest: Buffer = Buffer.alloc(0)
  let failure: string | undefined
  try {
    for await (const chunk of chunks) {
      const text = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk
      rest = text.subarray(parser.parse(text, 0, text.length, false))
      if (parser.damage) break
    }
  } catch (error) {
    failure = `it does not inflate (${(error as Error).message})`
  }
  if (!failure) parser.parse(rest, 0, rest.length, true)
  const { damage, position, rowsWithoutClient } = parser
  return {
    rowsWithoutClient,
    byteOffset: damage?.byteOffset ?? position,
    reason: damage?.reason ?? failure,
  }
}

async function readArrow(
  chunks: AsyncIterable<Buffer>,
  rows: HandshakeFileSink,
): Promise<FormatEnd> {
  let bytes = 0
  const counted = (async function* () {
    for await (const chunk of chunks) {
      bytes += chunk.length
      yield chunk
    }
  })()
  for await (const batch of decodeHandshakeStream(counted)) {
    if (!batch.ok) return { rowsWithoutClient: 0, byteOffset: bytes, reason: batch.error.reason }
    rows.append(batch.value)
  }
  return { rowsWithoutClient: 0, byteOffset: bytes, reason: undefined }
}

/** The chunks of an input, decompressed, with head, progress, back-pressure and abort. */
async function* observed(
  input: OpenInput,
  { onHead, onProgress, pause, signal }: ReadCaptureOptions,
): AsyncGenerator<Buffer> {
  let head: Buffer | undefined = Buffer.alloc(0)
  let bytesRead = 0
  for await (const chunk of chunksOf(input)) {
    bytesRead += chunk.length
    if (head) {
      head = Buffer.concat([head, chunk])
      if (head.length < headBytes) continue
      onHead?.(head.subarray(0, headBytes))
      yield head
      head = undefined
    } else yield chunk
    onProgress?.(input.descriptor === undefined ? input.bytesRead() : bytesRead)
    await pause?.()
    if (signal?.aborted) return
  }
  if (!head) return
  onHead?.(head)
  onProgress?.(input.size ?? bytesRead)
  yield head
}

async function* chunksOf(input: OpenInput): AsyncGenerator<Buffer> {
  if (input.descriptor === undefined) {
    yield* input.stream!
    return
  }
  for (let position = 0; ; ) {
    const chunk = Buffer.allocUnsafe(chunkBytes)
    const read = readSync(input.descriptor, chunk, 0, chunkBytes, position)
    if (read === 0) return
    position += read
    yield chunk.subarray(0, read)
    await yieldToEvents()
  }
}

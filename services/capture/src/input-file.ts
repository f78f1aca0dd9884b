import {
  closeSync,
  createReadStream,
  fstatSync,
  openSync,
  readdirSync,
  readSync,
  type Stats,
  statSync,
} from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { createGunzip, createZstdDecompress } from 'node:zlib'
import { err, explainUnreadable, ok, type Result } from '@goldpan/core'
import { beginsZstdFrame, zstdFrames } from './zstd-frames.ts'

/** What a user named as INPUT that cannot be read at all. */
export interface InputError {
  readonly code: 'UNREADABLE' | 'IS_A_FOLDER' | 'NOT_A_CAPTURE' | 'NO_CAPTURES'
  /** One sentence: what, where, what to do. */
  readonly message: string
}

/** Bytes read at once: a reused buffer of this size leaves most of the cache to the tables. */
export const chunkBytes = 2 ** 17

/** One input, opened: either a descriptor to read from, or a stream that decompresses. */
export interface OpenInput {
  readonly name: string
  /** Bytes on disk, for progress; undefined for a pipe. */
  readonly size: number | undefined
  /** Set for a plain regular file. */
  readonly descriptor?: number
  /** Set for standard input, a pipe or a compressed file. */
  readonly stream?: AsyncIterable<Buffer>
  /** Bytes of the file that were consumed so far. */
  bytesRead(): number
  close(): void
}

/** Opens a file, or standard input for `-`, and undoes gzip and zstd by their magic numbers. */
export function openInput(name: string): Result<OpenInput, InputError> {
  if (name === '-') return ok(openPipe('standard input', process.stdin))
  let descriptor: number
  try {
    descriptor = openSync(name, 'r')
  } catch (error) {
    return err(unreadable(name, error))
  }
  const stats = fstatSync(descriptor)
  if (stats.isDirectory()) {
    closeSync(descriptor)
    return err(unreadable(name, { code: 'EISDIR' }))
  }
  if (!stats.isFile()) {
    const pipe = createReadStream('', { fd: descriptor, highWaterMark: chunkBytes })
    return ok(openPipe(name, pipe))
  }
  const head = Buffer.alloc(magicBytes)
  const compression = compressionOf(head.subarray(0, readSync(descriptor, head, 0, magicBytes, 0)))
  if (compression !== 'none') return ok(openCompressed(name, descriptor, stats.size, compression))
  let position = 0
  return ok({
    name,
    size: stats.size,
    descriptor,
    bytesRead: () => position,
    close: () => {
      position = stats.size
      closeSync(descriptor)
    },
  })
}

/** Bytes that tell gzip and zstd from captures. */
const magicBytes = 4

type Compression = 'none' | 'gzip' | 'zstd'

function compressionOf(head: Uint8Array): Compression {
  if (head[0] === 0x1f && head[1] === 0x8b) return 'gzip'
  return beginsZstdFrame(head) ? 'zstd' : 'none'
}

function openCompressed(
  name: string,
  descriptor: number,
  size: number,
  compression: Compression,
): OpenInput {
  const file = createReadStream('', { fd: descriptor, start: 0, highWaterMark: chunkBytes })
  const stream = decompress(file, compression)
  return { name, size, stream, bytesRead: () => file.bytesRead, close: () => file.destroy() }
}

function decompress(file: Readable, compression: Compression): Readable {
  if (compression === 'none') return file
  const isGzip = compression === 'gzip'
  const source = isGzip ? file : Readable.from(zstdFrames(file))
  const inflate = isGzip
    ? createGunzip({ chunkSize: chunkBytes })
    : createZstdDecompress({ chunkSize: chunkBytes })
  source.on('error', (error) => inflate.destroy(error))
  // Who reads on hears of it; who closed the file does not care.
  inflate.on('error', () => undefined)
  return source.pipe(inflate)
}

function openPipe(name: string, pipe: Readable): OpenInput {
  let bytes = 0
  const counted = async function* (): AsyncGenerator<Buffer> {
    for await (const chunk of pipe as AsyncIterable<Buffer>) {
      bytes += chunk.length
      yield chunk
    }
  }
  return {
    name,
    size: undefined,
    stream: inflateByMagic(counted()),
    bytesRead: () => bytes,
    close: () => pipe.destroy(),
  }
}

/** A pipe can be read only once: its first bytes are looked at, then handed on with the rest. */
async function* inflateByMagic(chunks: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  let head: Buffer = Buffer.alloc(0)
  while (head.length < magicBytes) {
    const next = await chunks.next()
    if (next.done) break
    head = Buffer.concat([head, next.value])
  }
  const whole = async function* (): AsyncGenerator<Buffer> {
    yield head
    yield* chunks
  }
  const compression = compressionOf(head)
  yield* compression === 'none' ? whole() : decompress(Readable.from(whole()), compression)
}

/** The files of an input: itself, or all that is in a folder. */
export function listInput(name: string): Result<readonly string[], InputError> {
  if (name === '-') return ok([name])
  try {
    if (!statSync(name).isDirectory()) return ok([name])
    const entries = readdirSync(name).map((entry) => join(name, entry))
    return ok(entries.sort())
  } catch (error) {
    return err(unreadable(name, error))
  }
}

/** Bytes of a file or folder; undefined where nobody can look at it. */
export function sizeOf(name: string): number | undefined {
  return statsOf(name)?.size
}

/** Whether it can be read again and again, as pipes cannot. */
export const isRegularFile = (name: string): boolean => statsOf(name)?.isFile() === true

function statsOf(name: string): Stats | undefined {
  try {
    return statSync(name)
  } catch {
    return undefined
  }
}

/** A folder among the files of a folder is no file to be missed. */
const innerFolder = 'it is a folder inside of a folder: name it as well to read what is in it'

function unreadable(name: string, error: unknown): InputError {
  if ((error as NodeJS.ErrnoException).code === 'EISDIR') {
    return { code: 'IS_A_FOLDER', message: `${name} cannot be read: ${innerFolder}` }
  }
  return { code: 'UNREADABLE', message: explainUnreadable(name, error) }
}

import { readSync } from 'node:fs'
import { setImmediate as yieldToEvents } from 'node:timers/promises'
import { err, ok, type Result } from '@goldpan/core'
import {
  type CaptureParser,
  createCaptureParser,
  magicBytes,
  type NotACapture,
  type PacketSink,
  recordBytesMax,
} from '@goldpan/packet'
import {
  chunkBytes,
  type InputError,
  isRegularFile,
  type OpenInput,
  openInput,
} from './input-file.ts'

/** Damage in an input; all that stood before it was used. */
export interface InputDamage {
  /** In the capture, of a compressed one in what it inflates to; absent: nothing was readable. */
  readonly byteOffset?: number
  /** One sentence: what, where, what to do. */
  readonly message: string
}

export interface CaptureEnd {
  /** Bytes of the capture, inflated. */
  readonly bytes: number
  readonly damage?: InputDamage
  /** What was passed over of it, one sentence. */
  readonly note?: string
}

export interface ReadCaptureOptions {
  /** Called now and then with the bytes of the file that were consumed. */
  readonly onProgress?: (bytesRead: number) => void
  /** Awaited now and then: back-pressure of who takes the results. */
  readonly pause?: () => Promise<void>
  readonly signal?: AbortSignal | undefined
  /** Gets the first bytes of the (inflated) capture, at least the magic, at most `headBytes`. */
  readonly onHead?: (head: Uint8Array) => void
}

/** Room for a whole record after a chunk that ends within one. */
const bufferBytes = chunkBytes + recordBytesMax + 64
/** Chunks between two looks at signals and other work of the process. */
const chunksPerTurn = 128
/** Bytes that identify the beginning of a capture. */
export const headBytes = 65_536

/** Reads one capture, by name or open, to its end or its damage, packet by packet into `sink`. */
export async function readCapture(
  name: string | OpenInput,
  sink: PacketSink,
  options: ReadCaptureOptions = {},
): Promise<Result<CaptureEnd, InputError>> {
  const opened = typeof name === 'string' ? openInput(name) : ok(name)
  if (!opened.ok) return opened
  const input = opened.value
  try {
    return input.descriptor === undefined
      ? await readStream(input, sink, options)
      : await readDescriptor(input, input.descriptor, sink, options)
  } finally {
    input.close()
  }
}

/** Whether a file begins as a capture does, or cannot be looked at without reading it. */
export async function isCapture(name: string): Promise<boolean> {
  if (!isRegularFile(name)) return true
  const opened = openInput(name)
  if (!opened.ok) return true
  const { descriptor, stream } = opened.value
  const head = Buffer.alloc(magicBytes)
  try {
    if (descriptor !== undefined) readSync(descriptor, head, 0, magicBytes, 0)
    else {
      for await (const chunk of stream!) {
        chunk.copy(head)
        break
      }
    }
  } catch {
    // It does not inflate: reading it says so.
    return true
  } finally {
    opened.value.close()
  }
  return beginsAsCapture(head)
}

/** Whether these are the first bytes of a capture. */
export const beginsAsCapture = (head: Uint8Array): boolean =>
  createCaptureParser(head.subarray(0, magicBytes)).ok

/** Bytes on their way into a parser: one reused buffer, its unconsumed tail moved to the front. */
class Feed {
  readonly buffer = Buffer.allocUnsafeSlow(bufferBytes)
  have = 0
  parser: CaptureParser | undefined
  readonly #sink: PacketSink
  readonly #onHead: ((head: Uint8Array) => void) | undefined

  constructor(sink: PacketSink, onHead: ((head: Uint8Array) => void) | undefined) {
    this.#sink = sink
    this.#onHead = onHead
  }

  /** Parses a chunk of any length, piece by piece. */
  take(chunk: Uint8Array): Result<undefined, NotACapture> {
    for (let at = 0; at < chunk.length; at += chunkBytes) {
      const piece = chunk.subarray(at, at + chunkBytes)
      this.buffer.set(piece, this.have)
      this.have += piece.length
      const advanced = this.advance(false)
      if (!advanced.ok) return advanced
    }
    return ok(undefined)
  }

  /** Parses what is there; an error when it is no capture. `isLast` ends the waiting for a head. */
  advance(isLast: boolean): Result<undefined, NotACapture> {
    if (!this.parser) {
      if (this.have < headBytes && !isLast) return ok(undefined)
      const created = createCaptureParser(this.buffer.subarray(0, Math.min(this.have, magicBytes)))
      if (this.have === 0) return err({ code: 'NOT_A_CAPTURE', reason: 'it is empty' })
      if (!created.ok) return created
      this.parser = created.value
      this.#onHead?.(this.buffer.subarray(0, Math.min(this.have, headBytes)))
    }
    const end = this.parser.parse(this.buffer, 0, this.have, this.#sink)
    this.buffer.copyWithin(0, end, this.have)
    this.have -= end
    return ok(undefined)
  }
}

async function readDescriptor(
  input: OpenInput,
  descriptor: number,
  sink: PacketSink,
  { onProgress, pause, signal, onHead }: ReadCaptureOptions,
): Promise<Result<CaptureEnd, InputError>> {
  const feed = new Feed(sink, onHead)
  let position = 0
  for (let chunk = 1; !feed.parser?.damage; chunk++) {
    const read = readSync(descriptor, feed.buffer, feed.have, chunkBytes, position)
    position += read
    feed.have += read
    const advanced = feed.advance(read === 0)
    if (!advanced.ok) return err(notACapture(input.name, advanced.error))
    if (read === 0 || signal?.aborted) break
    if (chunk % chunksPerTurn === 0) {
      onProgress?.(position)
      await yieldToEvents()
      await pause?.()
    }
  }
  onProgress?.(position)
  return finish(input.name, feed)
}

async function readStream(
  input: OpenInput,
  sink: PacketSink,
  { onProgress, pause, signal, onHead }: ReadCaptureOptions,
): Promise<Result<CaptureEnd, InputError>> {
  const feed = new Feed(sink, onHead)
  let failure: string | undefined
  // A pipe may be silent for ever: who stops must not wait for its next bytes.
  const stopReading = (): void => input.close()
  signal?.addEventListener('abort', stopReading, { once: true })
  try {
    for await (const chunk of input.stream!) {
      const taken = feed.take(chunk)
      if (!taken.ok) return err(notACapture(input.name, taken.error))
      onProgress?.(input.bytesRead())
      await pause?.()
      if (signal?.aborted || feed.parser?.damage) break
    }
  } catch (error) {
    if (!signal?.aborted) failure = (error as Error).message
  } finally {
    signal?.removeEventListener('abort', stopReading)
  }
  if (signal?.aborted) return ok(endOf(input.name, feed))
  const advanced = feed.advance(true)
  if (!advanced.ok) return err(notACapture(input.name, advanced.error, failure))
  return finish(input.name, feed, failure)
}

/** How a capture ended; an error where no packet of it is on a link that can be read. */
function finish(name: string, feed: Feed, failure?: string): Result<CaptureEnd, InputError> {
  const end = endOf(name, feed, failure)
  const unknown = feed.parser?.unknownLinks
  if (!unknown) return ok(end)
  const { packets, linkType, areAll } = unknown
  if (areAll) {
    const reason = `its link type ${linkType} cannot be read`
    return err(notACapture(name, { code: 'UNKNOWN_LINK_TYPE', reason }))
  }
  const note = `${name}: ${packets} packets of link type ${linkType} were passed over`
  return ok({ ...end, note })
}

function endOf(name: string, feed: Feed, failure?: string): CaptureEnd {
  const position = feed.parser?.position ?? 0
  const damage = feed.parser?.damage
  const bytes = position + feed.have
  if (damage) return { bytes, damage: damaged(name, damage.byteOffset, damage.reason) }
  if (failure) return { bytes, damage: damaged(name, bytes, `it does not inflate (${failure})`) }
  if (feed.have > 0)
    return { bytes, damage: damaged(name, position, 'the last packet is cut short') }
  return { bytes }
}

const damaged = (file: string, byteOffset: number, reason: string): InputDamage => ({
  byteOffset,
  message:
    `${file} is damaged at byte ${byteOffset}: ${reason}; ` +
    'all packets before it were used, copy the file again if the original is whole',
})

const readableFormats = 'pcap, pcapng, or these in gzip or zstd can be read'
const readableLinkTypes =
  'Ethernet, raw IP, Linux cooked and BSD loopback can; capture with tcpdump -y EN10MB, ' +
  'or, if its frames are of these, correct its header with editcap -T ether'

function notACapture(name: string, { code, reason }: NotACapture, failure?: string): InputError {
  if (failure === undefined && code === 'UNKNOWN_LINK_TYPE') {
    return { code: 'NOT_A_CAPTURE', message: `${name}: ${reason}: ${readableLinkTypes}` }
  }
  const message = `${name} is no capture (${failure ?? reason}): ${readableFormats}`
  return { code: 'NOT_A_CAPTURE', message }
}

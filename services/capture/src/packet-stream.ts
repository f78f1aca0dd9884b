import type { Readable } from 'node:stream'
import { err, ok, type Result } from '@goldpan/core'
import {
  type CaptureParser,
  createCaptureParser,
  magicBytes,
  type PacketSink,
  recordBytesMax,
} from '@goldpan/packet'

/** How a stream of packets ended. */
export interface StreamEnd {
  readonly bytes: number
  /** One sentence when it did not end between two packets. */
  readonly damage?: string
}

const bufferBytesAtStart = 2 ** 18

/**
 * Parses a live capture (of a pipe: tcpdump, dumpcap, our own capture process) as its bytes come:
 * nothing waits for more than the packet that is not whole yet.
 */
export async function readPacketStream(
  stream: Readable,
  sink: PacketSink,
): Promise<Result<StreamEnd, string>> {
  const feed = new StreamFeed(sink)
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      const problem = feed.take(chunk)
      if (problem !== undefined) return err(problem)
      if (feed.parser?.damage) break
    }
  } catch (error) {
    return ok({ bytes: feed.bytes, damage: `the pipe broke (${(error as Error).message})` })
  }
  if (!feed.parser) {
    return err(
      feed.bytes === 0
        ? 'standard input is empty: pipe a capture into it, such as tcpdump -w -'
        : 'standard input is no capture: pcap and pcapng can be read from a pipe',
    )
  }
  const { damage } = feed.parser
  if (damage) return ok({ bytes: feed.bytes, damage: damage.reason })
  return ok({ bytes: feed.bytes, ...(feed.rest > 0 ? { damage: 'it ends within a packet' } : {}) })
}

/** Bytes on their way into the parser; grows to one whole record at most. */
class StreamFeed {
  parser: CaptureParser | undefined
  bytes = 0
  /** Bytes that are not parsed yet. */
  rest = 0
  #buffer = Buffer.allocUnsafeSlow(bufferBytesAtStart)
  readonly #sink: PacketSink

  constructor(sink: PacketSink) {
    this.#sink = sink
  }

  /** Takes a chunk; a sentence when the stream is no capture. */
  take(chunk: Buffer): string | undefined {
    this.bytes += chunk.length
    for (let at = 0; at < chunk.length; ) {
      if (this.rest === this.#buffer.length) this.#grow()
      const piece = Math.min(chunk.length - at, this.#buffer.length - this.rest)
      chunk.copy(this.#buffer, this.rest, at, at + piece)
      this.rest += piece
      at += piece
      const problem = this.#parse()
      if (problem !== undefined) return problem
    }
    return undefined
  }

  #parse(): string | undefined {
    if (!this.parser) {
      if (this.rest < magicBytes) return undefined
      const created = createCaptureParser(this.#buffer.subarray(0, magicBytes))
      if (!created.ok) return `standard input is no capture: ${created.error.reason}`
      this.parser = created.value
    }
    const end = this.parser.parse(this.#buffer, 0, this.rest, this.#sink)
    this.#buffer.copyWithin(0, end, this.rest)
    this.rest -= end
    return undefined
  }

  #grow(): void {
    const bytes = Math.min(this.#buffer.length * 2, bufferBytesAtStart + recordBytesMax + 64)
    const larger = Buffer.allocUnsafeSlow(Math.max(bytes, this.#buffer.length + 1))
    this.#buffer.copy(larger, 0, 0, this.rest)
    this.#buffer = larger
  }
}

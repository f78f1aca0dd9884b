import { err, ok, type Result } from '@goldpan/core'
import type { CaptureDamage, CaptureParser, NotACapture, PacketSink } from './capture-parser.ts'
import { isKnownLinkType, linkType } from './link-type.ts'
import { recordBytesMax, recordHeaderBytes } from './record-bytes.ts'

interface PcapFormat {
  readonly littleEndian: boolean
  /** Nanoseconds in one unit of a record's fraction: 1000 or 1. */
  readonly unitNanos: number
}

const fileHeaderBytes = 24

/** Classic pcap (draft-ietf-opsawg-pcap), both byte orders, microseconds or nanoseconds. */
export class PcapParser implements CaptureParser {
  damage: CaptureDamage | undefined
  position = 0
  readonly #linkType: number
  readonly #littleEndian: boolean
  readonly #unitNanos: number
  #headerSkipped = false

  private constructor(type: number, format: PcapFormat) {
    this.#linkType = type
    this.#littleEndian = format.littleEndian
    this.#unitNanos = format.unitNanos
  }

  /** The format by the magic number, or undefined when the bytes are no classic pcap. */
  static recognise(head: Uint8Array): PcapFormat | undefined {
    if (head.length < 4) return undefined
    switch (new DataView(head.buffer, head.byteOffset).getUint32(0)) {
      case 0xa1b2c3d4:
        return { littleEndian: false, unitNanos: 1000 }
      case 0xd4c3b2a1:
        return { littleEndian: true, unitNanos: 1000 }
      case 0xa1b23c4d:
        return { littleEndian: false, unitNanos: 1 }
      case 0x4d3cb2a1:
        return { littleEndian: true, unitNanos: 1 }
      default:
        return undefined
    }
  }

  /** A parser for the capture that starts with `head` (at least the 24-byte file header). */
  static create(head: Uint8Array, format: PcapFormat): Result<PcapParser, NotACapture> {
    const header = new DataView(head.buffer, head.byteOffset)
    // The upper bits hold the frame check sequence's length.
    const type = header.getUint32(20, format.littleEndian) & 0xffff
    if (!isKnownLinkType(type)) {
      return err({ code: 'UNKNOWN_LINK_TYPE', reason: `its link type ${type} cannot be read` })
    }
    return ok(new PcapParser(type, format))
  }

  parse(buffer: Uint8Array, begin: number, end: number, sink: PacketSink): number {
    let first = begin
    if (!this.#headerSkipped) {
      if (end - begin < fileHeaderBytes) return begin
      first += fileHeaderBytes
      this.position += fileHeaderBytes
      this.#headerSkipped = true
    }
    if (this.damage) return first
    if (sink.walkEthernet && this.#littleEndian && this.#linkType === linkType.ethernet) {
      const left = sink.walkEthernet(buffer, first, end, this.#unitNanos)
      this.position += left - first
      first = left
    }
    const at = this.#littleEndian
      ? this.#parseLittleEndian(buffer, first, end, sink)
      : this.#parseBigEndian(buffer, first, end, sink)
    this.position += at - first
    return at
  }

  #parseLittleEndian(b: Uint8Array, begin: number, end: number, sink: PacketSink): number {
    const type = this.#linkType
    const unitNanos = this.#unitNanos
    let at = begin
    while (at + recordHeaderBytes <= end) {
      const captured = b[at + 8]! | (b[at + 9]! << 8) | (b[at + 10]! << 16) | (b[at + 11]! << 24)
      const next = at + recordHeaderBytes + captured
      if (captured < 0 || captured > recordBytesMax) return this.#refuse(at, begin, captured)
      if (next > end) break
      const seconds = b[at]! | (b[at + 1]! << 8) | (b[at + 2]! << 16) | (b[at + 3]! << 24)
      const unit = b[at + 4]! | (b[at + 5]! << 8) | (b[at + 6]! << 16) | (b[at + 7]! << 24)
      sink.packet(b, at + recordHeaderBytes, captured, type, seconds >>> 0, unit * unitNanos)
      at = next
    }
    return at
  }

  #parseBigEndian(b: Uint8Array, begin: number, end: number, sink: PacketSink): number {
    const type = this.#linkType
    const unitNanos = this.#unitNanos
    let at = begin
    while (at + recordHeaderBytes <= end) {
      const captured = b[at + 11]! | (b[at + 10]! << 8) | (b[at + 9]! << 16) | (b[at + 8]! << 24)
      const next = at + recordHeaderBytes + captured
      if (captured < 0 || captured > recordBytesMax) return this.#refuse(at, begin, captured)
      if (next > end) break
      const seconds = b[at + 3]! | (b[at + 2]! << 8) | (b[at + 1]! << 16) | (b[at]! << 24)
      const unit = b[at + 7]! | (b[at + 6]! << 8) | (b[at + 5]! << 16) | (b[at + 4]! << 24)
      sink.packet(b, at + recordHeaderBytes, captured, type, seconds >>> 0, unit * unitNanos)
      at = next
    }
    return at
  }

  #refuse(at: number, begin: number, captured: number): number {
    this.damage = {
      code: 'BAD_RECORD',
      byteOffset: this.position + at - begin,
      reason: `a packet record claims ${captured >>> 0} bytes`,
    }
    return at
  }
}

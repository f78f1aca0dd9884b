import type { CaptureDamage, CaptureParser, PacketSink, UnknownLinks } from './capture-parser.ts'
import { isKnownLinkType } from './link-type.ts'
import { recordBytesMax } from './record-bytes.ts'

const blockType = {
  section: 0x0a0d0d0a,
  interface: 1,
  obsoletePacket: 2,
  simplePacket: 3,
  enhancedPacket: 6,
} as const

interface CaptureInterface {
  readonly linkType: number
  readonly snapLength: number
  /** Units of a timestamp in one second. */
  readonly unitsPerSecond: number
  /** Seconds to add to every timestamp. */
  readonly offsetSeconds: number
}

/** Bounds of a section: more interfaces than this is no capture of anything. */
const interfacesMax = 65_536

/** pcapng (draft-ietf-opsawg-pcapng): sections, several interfaces, any timestamp resolution. */
export class PcapngParser implements CaptureParser {
  damage: CaptureDamage | undefined
  position = 0
  #unknownLinkPackets = 0
  #unknownLinkType = 0
  #hasKnownLink = false
  #littleEndian = true
  #interfaces: CaptureInterface[] = []

  get unknownLinks(): UnknownLinks | undefined {
    if (this.#unknownLinkPackets === 0) return undefined
    return {
      packets: this.#unknownLinkPackets,
      linkType: this.#unknownLinkType,
      areAll: !this.#hasKnownLink,
    }
  }

  /** Whether the first 12 bytes are a section header block. */
  static recognises(head: Uint8Array): boolean {
    const view = new DataView(head.buffer, head.byteOffset)
    const byteOrder = view.getUint32(8)
    return (
      view.getUint32(0) === blockType.section &&
      (byteOrder === 0x1a2b3c4d || byteOrder === 0x4d3c2b1a)
    )
  }

  parse(buffer: Uint8Array, begin: number, end: number, sink: PacketSink): number {
    const view = new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength)
    let at = begin
    while (!this.damage && at + 12 <= end) {
      if (view.getUint32(at) === blockType.section) {
        this.#littleEndian = view.getUint32(at + 8) === 0x4d3c2b1a
        this.#interfaces = []
      }
      const length = view.getUint32(at + 4, this.#littleEndian)
      if (length < 12 || length % 4 !== 0 || length > recordBytesMax) {
        this.#refuse(at - begin, `a block claims ${length} bytes`)
        break
      }
      if (at + length > end) break
      this.#readBlock(view, buffer, at, length, sink, at - begin)
      if (!this.damage) at += length
    }
    this.position += at - begin
    return at
  }

  #readBlock(
    view: DataView,
    buffer: Uint8Array,
    at: number,
    length: number,
    sink: PacketSink,
    relative: number,
  ): void {
    switch (view.getUint32(at, this.#littleEndian)) {
      case blockType.enhancedPacket:
        if (length < 32) return this.#refuse(relative, 'a packet block is too short')
        this.#readPacket(
          view,
          buffer,
          at,
          length,
          sink,
          relative,
          view.getUint32(at + 8, this.#littleEndian),
        )
        return
      case blockType.obsoletePacket:
        if (length < 32) return this.#refuse(relative, 'a packet block is too short')
        this.#readPacket(
          view,
          buffer,
          at,
          length,
          sink,
          relative,
          view.getUint16(at + 8, this.#littleEndian),
        )
        return
      case blockType.simplePacket:
        return this.#readSimplePacket(view, buffer, at, length, sink, relative)
      case blockType.interface:
        return this.#readInterface(view, at, length, relative)
      default:
        return
    }
  }

  #readPacket(
    view: DataView,
    buffer: Uint8Array,
    at: number,
    length: number,
    sink: PacketSink,
    relative: number,
    interfaceId: number,
  ): void {
    const source = this.#interfaces[interfaceId]
    if (!source)
      return this.#refuse(relative, `a packet names interface ${interfaceId}, not declared`)
    const captured = view.getUint32(at + 20, this.#littleEndian)
    if (captured > length - 32) return this.#refuse(relative, `a packet claims ${captured} bytes`)
    if (!isKnownLinkType(source.linkType)) {
      this.#passOver(source)
      return
    }
    const high = view.getUint32(at + 12, this.#littleEndian)
    const low = view.getUint32(at + 16, this.#littleEndian)
    const units = source.unitsPerSecond
    // high·2³² + low can exceed 2⁵³ (nanoseconds do): divide the words one after the other.
    const highRemainder = wordRemainder(high, units)
    const highSeconds = Math.round((high * 2 ** 32 - highRemainder) / units)
    const rest = highRemainder + low
    const seconds = highSeconds + Math.floor(rest / units)
    const nanoseconds = Math.floor(((rest % units) * 1e9) / units)
    sink.packet(
      buffer,
      at + 28,
      captured,
      source.linkType,
      seconds + source.offsetSeconds,
      nanoseconds,
    )
  }

  #passOver({ linkType }: CaptureInterface): void {
    if (this.#unknownLinkPackets++ === 0) this.#unknownLinkType = linkType
  }

  /** A simple packet has no time and belongs to the first interface: its time is 0. */
  #readSimplePacket(
    view: DataView,
    buffer: Uint8Array,
    at: number,
    length: number,
    sink: PacketSink,
    relative: number,
  ): void {
    const source = this.#interfaces[0]
    if (!source || length < 16) return this.#refuse(relative, 'a simple packet has no interface')
    const original = view.getUint32(at + 8, this.#littleEndian)
    const snapLength = source.snapLength === 0 ? original : source.snapLength
    const captured = Math.min(original, snapLength, length - 16)
    if (isKnownLinkType(source.linkType)) {
      sink.packet(buffer, at + 12, captured, source.linkType, 0, 0)
    } else {
      this.#passOver(source)
    }
  }

  #readInterface(view: DataView, at: number, length: number, relative: number): void {
    if (length < 20 || this.#interfaces.length >= interfacesMax) {
      return this.#refuse(relative, 'an interface block is too short, or there are too many')
    }
    const options = this.#readInterfaceOptions(view, at + 16, at + length - 4)
    const linkType = view.getUint16(at + 8, this.#littleEndian)
    if (isKnownLinkType(linkType)) this.#hasKnownLink = true
    this.#interfaces.push({
      linkType,
      snapLength: view.getUint32(at + 12, this.#littleEndian),
      ...options,
    })
  }

  #readInterfaceOptions(
    view: DataView,
    begin: number,
    end: number,
  ): Pick<CaptureInterface, 'unitsPerSecond' | 'offsetSeconds'> {
    let unitsPerSecond = 1e6
    let offsetSeconds = 0
    let at = begin
    while (at + 4 <= end) {
      const code = view.getUint16(at, this.#littleEndian)
      const bytes = view.getUint16(at + 2, this.#littleEndian)
      if (code === 0 || at + 4 + bytes > end) break
      if (code === 9 && bytes >= 1) unitsPerSecond = toUnitsPerSecond(view.getUint8(at + 4))
      if (code === 14 && bytes >= 8) {
        offsetSeconds = Number(view.getBigInt64(at + 4, this.#littleEndian))
      }
      at += 4 + ((bytes + 3) & ~3)
    }
    return { unitsPerSecond, offsetSeconds }
  }

  #refuse(relative: number, reason: string): void {
    this.damage = { code: 'BAD_RECORD', byteOffset: this.position + relative, reason }
  }
}

/** if_tsresol: a power of ten, or of two with the high bit set. */
function toUnitsPerSecond(resolution: number): number {
  return resolution & 0x80 ? 2 ** (resolution & 0x7f) : 10 ** resolution
}

/** high · 2³² mod units without BigInt: exact while units < 2³⁷. */
function wordRemainder(high: number, units: number): number {
  return ((((high % units) * 65_536) % units) * 65_536) % units
}

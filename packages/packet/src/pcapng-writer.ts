import { linkType } from './link-type.ts'

export interface PcapngInterface {
  /** Default Ethernet. */
  readonly linkType?: number
  /** if_tsresol as the format has it: 6 is µs, 9 is ns, 0x80 + n is 2⁻ⁿ s. Default 6. */
  readonly resolution?: number
  /** if_tsoffset: seconds to add to every timestamp. */
  readonly offsetSeconds?: number
}

/** A pcapng as blocks: section and interfaces first, then one packet block at a time. */
export interface PcapngWriter {
  readonly header: Uint8Array
  /** An enhanced packet block; `units` is the timestamp in units of the interface's resolution. */
  packet(interfaceId: number, units: bigint, frame: Uint8Array): Uint8Array
}

/** Writes pcapng (draft-ietf-opsawg-pcapng) of one section. */
export function createPcapngWriter(
  interfaces: readonly PcapngInterface[],
  { bigEndian = false } = {},
): PcapngWriter {
  const littleEndian = !bigEndian
  const block = (type: number, body: Uint8Array): Uint8Array => {
    const bytes = new Uint8Array(12 + body.length)
    const view = new DataView(bytes.buffer)
    view.setUint32(0, type, littleEndian)
    view.setUint32(4, bytes.length, littleEndian)
    bytes.set(body, 8)
    view.setUint32(bytes.length - 4, bytes.length, littleEndian)
    return bytes
  }
  const section = new Uint8Array(16)
  const sectionView = new DataView(section.buffer)
  sectionView.setUint32(0, 0x1a2b3c4d, littleEndian)
  sectionView.setUint16(4, 1, littleEndian)
  sectionView.setBigInt64(8, -1n, littleEndian)
  const header = [
    block(0x0a0d0d0a, section),
    ...interfaces.map((source) => block(1, interfaceBody(source, littleEndian))),
  ]
  return {
    header: Uint8Array.from(header.flatMap((bytes) => [...bytes])),
    packet(interfaceId, units, frame) {
      const body = new Uint8Array(20 + ((frame.length + 3) & ~3))
      const view = new DataView(body.buffer)
      view.setUint32(0, interfaceId, littleEndian)
      view.setUint32(4, Number(units >> 32n), littleEndian)
      view.setUint32(8, Number(units & 0xffff_ffffn), littleEndian)
      view.setUint32(12, frame.length, littleEndian)
      view.setUint32(16, frame.length, littleEndian)
      body.set(frame, 20)
      return block(6, body)
    },
  }
}

function interfaceBody(source: PcapngInterface, littleEndian: boolean): Uint8Array {
  const body = new Uint8Array(8 + 8 + 12 + 4)
  const view = new DataView(body.buffer)
  view.setUint16(0, source.linkType ?? linkType.ethernet, littleEndian)
  view.setUint32(4, 262_144, littleEndian)
  view.setUint16(8, 9, littleEndian)
  view.setUint16(10, 1, littleEndian)
  view.setUint8(12, source.resolution ?? 6)
  view.setUint16(16, 14, littleEndian)
  view.setUint16(18, 8, littleEndian)
  view.setBigInt64(20, BigInt(source.offsetSeconds ?? 0), littleEndian)
  return body
}

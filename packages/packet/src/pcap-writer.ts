import { linkType } from './link-type.ts'

export interface PcapOptions {
  /** Default Ethernet. */
  readonly linkType?: number
  /** Nanosecond fractions; default microseconds (rounded down). */
  readonly nanoseconds?: boolean
  /** Write numbers in network order; default little-endian. */
  readonly bigEndian?: boolean
  /** Frames are cut to this many bytes; default 262,144. */
  readonly snapLength?: number
}

/** A classic pcap as bytes: its file header, then one record at a time. */
export interface PcapWriter {
  /** The 24 bytes that a file starts with. */
  readonly header: Uint8Array
  /** One record; `nanoseconds` is the whole fraction of the second. */
  record(seconds: number, nanoseconds: number, frame: Uint8Array): Uint8Array
}

/** Writes classic pcap (draft-ietf-opsawg-pcap). */
export function createPcapWriter(options: PcapOptions = {}): PcapWriter {
  const littleEndian = !options.bigEndian
  const snapLength = options.snapLength ?? 262_144
  const header = new Uint8Array(24)
  const view = new DataView(header.buffer)
  view.setUint32(0, options.nanoseconds ? 0xa1b23c4d : 0xa1b2c3d4, littleEndian)
  view.setUint16(4, 2, littleEndian)
  view.setUint16(6, 4, littleEndian)
  view.setUint32(16, snapLength, littleEndian)
  view.setUint32(20, options.linkType ?? linkType.ethernet, littleEndian)
  return {
    header,
    record(seconds, nanoseconds, frame) {
      const captured = Math.min(frame.length, snapLength)
      const bytes = new Uint8Array(16 + captured)
      const fields = new DataView(bytes.buffer)
      const fraction = options.nanoseconds ? nanoseconds : Math.floor(nanoseconds / 1000)
      fields.setUint32(0, seconds, littleEndian)
      fields.setUint32(4, fraction, littleEndian)
      fields.setUint32(8, captured, littleEndian)
      fields.setUint32(12, frame.length, littleEndian)
      bytes.set(frame.subarray(0, captured), 16)
      return bytes
    },
  }
}

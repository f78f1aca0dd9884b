import { err, ok, type Result } from '@goldpan/core'
import { PcapParser } from './pcap-parser.ts'
import { PcapngParser } from './pcapng-parser.ts'

/** Gets each packet of a capture; nothing may be kept of `buffer` after the call. */
export interface PacketSink {
  packet(
    buffer: Uint8Array,
    start: number,
    captured: number,
    linkType: number,
    seconds: number,
    nanoseconds: number,
  ): void
  /**
   * Walks the records of a little-endian classic pcap of Ethernet by itself, for its speed, as if
   * each was handed to `packet`; returns the offset of the first one that it left to the parser.
   */
  walkEthernet?(buffer: Uint8Array, begin: number, end: number, unitNanos: number): number
}

/** Where a capture stopped making sense; all before it was read. */
export interface CaptureDamage {
  readonly code: 'BAD_RECORD' | 'TRUNCATED' | 'UNKNOWN_LINK_TYPE'
  /** Offset of the damaged record in the (decompressed) capture. */
  readonly byteOffset: number
  readonly reason: string
}

/** A capture format as a machine that is fed bytes. */
export interface CaptureParser {
  /**
   * Hands every whole record of `buffer[begin, end)` to `sink` and returns the offset of the first
   * byte that it did not consume. Once `damage` is set it consumes nothing more.
   */
  parse(buffer: Uint8Array, begin: number, end: number, sink: PacketSink): number
  readonly damage: CaptureDamage | undefined
  /** Bytes of the capture that were consumed. */
  readonly position: number
  /** Packets that were passed over for the link type of their interface. */
  readonly unknownLinks?: UnknownLinks | undefined
}

export interface UnknownLinks {
  readonly packets: number
  /** The first such link type. */
  readonly linkType: number
  /** Whether no interface has a link type that can be read. */
  readonly areAll: boolean
}

/** Bytes that suffice to recognise a capture format. */
export const magicBytes = 24

export interface NotACapture {
  readonly code: 'NOT_A_CAPTURE' | 'UNKNOWN_LINK_TYPE'
  readonly reason: string
}

/** Recognises pcap (µs and ns, both byte orders) and pcapng by the first {@link magicBytes}. */
export function createCaptureParser(head: Uint8Array): Result<CaptureParser, NotACapture> {
  if (head.length >= 12 && PcapngParser.recognises(head)) return ok(new PcapngParser())
  const format = PcapParser.recognise(head)
  if (!format) {
    return err({ code: 'NOT_A_CAPTURE', reason: 'neither pcap nor pcapng by its first bytes' })
  }
  if (head.length < 24) {
    return err({ code: 'NOT_A_CAPTURE', reason: 'its pcap header is cut short' })
  }
  return PcapParser.create(head, format)
}

/** Bytes to segments: pure, allocates nothing per packet, keeps no state of TCP. */

export type {
  CaptureDamage,
  CaptureParser,
  NotACapture,
  PacketSink,
} from './capture-parser.ts'
export { createCaptureParser, magicBytes } from './capture-parser.ts'
export type { Neighbour } from './decode-frame.ts'
export { networkOffset, readNeighbour } from './decode-frame.ts'
export { decodeSegment, int32 } from './decode-segment.ts'
export { isKnownLinkType, linkType } from './link-type.ts'
export type { FrameOptions, TcpOptionsAndControl, UdpOptions } from './packet-builder.ts'
export { buildTcpFrame, buildUdpFrame } from './packet-builder.ts'
export type { PcapOptions, PcapWriter } from './pcap-writer.ts'
export { createPcapWriter } from './pcap-writer.ts'
export type { PcapngInterface, PcapngWriter } from './pcapng-writer.ts'
export { createPcapngWriter } from './pcapng-writer.ts'
export { recordBytesMax, recordHeaderBytes } from './record-bytes.ts'
export { control, handshakeBits, outcome, protocol, Segment } from './segment.ts'
export { readTcpOptions, TcpOptions } from './tcp-option.ts'

import { linkType } from './link-type.ts'
import { control, protocol } from './segment.ts'

/** Builds whole frames with valid lengths and checksums, for captures of our own making. */

export interface FrameOptions {
  /** Addresses of 4 or 16 bytes, both of one family. */
  readonly source: Uint8Array
  readonly destination: Uint8Array
  readonly sourcePort: number
  readonly destinationPort: number
  /** Default Ethernet. */
  readonly linkType?: number
  /** VLAN identifiers, outermost first; more than one makes QinQ. */
  readonly vlans?: readonly number[]
  readonly sourceMac?: readonly number[]
  readonly destinationMac?: readonly number[]
  readonly ttl?: number
  readonly ipId?: number
  /** Bytes of IPv4 options, a multiple of 4 up to 40 (filled with NOP). */
  readonly ipv4OptionBytes?: number
  /** IPv6 extension headers before the transport header, by protocol number (0, 43, 44, 60). */
  readonly extensionHeaders?: readonly number[]
  /** Fragment offset in units of 8 bytes; only IPv4. */
  readonly fragmentOffset?: number
  /** Write 0 as IP length, as segmentation offload does. */
  readonly zeroIpLength?: boolean
  /** Padding bytes after the IP packet. */
  readonly paddingBytes?: number
}

export interface TcpOptionsToBuild {
  readonly maximumSegmentSize?: number
  readonly timestamps?: { readonly tsVal: number; readonly tsEcr: number }
  readonly windowScale?: number
  /** Fast Open cookie; an empty array requests one. */
  readonly fastOpenCookie?: readonly number[]
}

export interface TcpOptionsAndControl extends FrameOptions {
  /** Bits of {@link control}; ECN bits may be added. */
  readonly control: number
  readonly sequence: number
  readonly acknowledgment?: number
  readonly options?: TcpOptionsToBuild
  readonly payload?: Uint8Array
}

export interface UdpOptions extends FrameOptions {
  readonly payload: Uint8Array
}

/** A frame that carries one TCP segment. */
export function buildTcpFrame(frame: TcpOptionsAndControl): Uint8Array {
  const options = encodeTcpOptions(frame.options ?? {})
  const payload = frame.payload ?? new Uint8Array(0)
  const segment = new Uint8Array(20 + options.length + payload.length)
  const view = new DataView(segment.buffer)
  view.setUint16(0, frame.sourcePort)
  view.setUint16(2, frame.destinationPort)
  view.setUint32(4, frame.sequence)
  view.setUint32(8, frame.acknowledgment ?? 0)
  segment[12] = ((20 + options.length) / 4) << 4
  segment[13] = frame.control
  view.setUint16(14, frame.control & control.rst ? 0 : 64_240)
  segment.set(options, 20)
  segment.set(payload, 20 + options.length)
  return wrap(frame, protocol.tcp, segment, 16)
}

/** A frame that carries one UDP datagram. */
export function buildUdpFrame(frame: UdpOptions): Uint8Array {
  const datagram = new Uint8Array(8 + frame.payload.length)
  const view = new DataView(datagram.buffer)
  view.setUint16(0, frame.sourcePort)
  view.setUint16(2, frame.destinationPort)
  view.setUint16(4, datagram.length)
  datagram.set(frame.payload, 8)
  return wrap(frame, protocol.udp, datagram, 6)
}

function encodeTcpOptions(options: TcpOptionsToBuild): Uint8Array {
  const bytes: number[] = []
  if (options.maximumSegmentSize !== undefined)
    bytes.push(2, 4, ...uint16(options.maximumSegmentSize))
  if (options.timestamps) {
    const { tsVal, tsEcr } = options.timestamps
    bytes.push(1, 1, 8, 10, ...uint32(tsVal), ...uint32(tsEcr))
  }
  if (options.windowScale !== undefined) bytes.push(1, 3, 3, options.windowScale)
  if (options.fastOpenCookie) {
    bytes.push(34, 2 + options.fastOpenCookie.length, ...options.fastOpenCookie)
  }
  while (bytes.length % 4 !== 0) bytes.push(1)
  return Uint8Array.from(bytes)
}

function wrap(
  frame: FrameOptions,
  carried: number,
  transport: Uint8Array,
  checksumOffset: number,
): Uint8Array {
  const pseudo = carried + transport.length + wordSum(frame.source) + wordSum(frame.destination)
  const checksum = fold(pseudo + wordSum(transport))
  transport[checksumOffset] = checksum >> 8
  transport[checksumOffset + 1] = checksum
  const ip = frame.source.length === 4 ? ipv4Header : ipv6Header
  return concatenate(
    linkHeader(frame),
    ip(frame, carried, transport.length),
    transport,
    new Uint8Array(frame.paddingBytes ?? 0),
  )
}

function ipv4Header(frame: FrameOptions, carried: number, transportBytes: number): Uint8Array {
  const optionBytes = frame.ipv4OptionBytes ?? 0
  const header = new Uint8Array(20 + optionBytes).fill(1, 20)
  const total = frame.zeroIpLength ? 0 : header.length + transportBytes
  header.set([0x40 | (header.length / 4), 0, ...uint16(total), ...uint16(frame.ipId ?? 0)])
  header.set(uint16(frame.fragmentOffset ?? (carried === protocol.tcp ? 0x4000 : 0)), 6)
  header.set([frame.ttl ?? 64, carried], 8)
  header.set(frame.source, 12)
  header.set(frame.destination, 16)
  header.set(uint16(fold(wordSum(header))), 10)
  return header
}

function ipv6Header(frame: FrameOptions, carried: number, transportBytes: number): Uint8Array {
  const extensions = frame.extensionHeaders ?? []
  const chain = [...extensions, carried]
  const length = frame.zeroIpLength ? 0 : extensions.length * 8 + transportBytes
  const header = new Uint8Array(40 + extensions.length * 8)
  header.set([0x60, 0, 0, 0, ...uint16(length), chain[0]!, frame.ttl ?? 64])
  header.set(frame.source, 8)
  header.set(frame.destination, 24)
  for (const index of extensions.keys()) header[40 + index * 8] = chain[index + 1]!
  return header
}

const etherTypeOf = (frame: FrameOptions): number => (frame.source.length === 4 ? 0x0800 : 0x86dd)

function linkHeader(frame: FrameOptions): Uint8Array {
  const vlans = frame.vlans ?? []
  const tags = vlans.flatMap((vlan, index) => [
    ...uint16(index < vlans.length - 1 ? 0x88a8 : 0x8100),
    ...uint16(vlan),
  ])
  const typed = [...tags, ...uint16(etherTypeOf(frame))]
  const sourceMac = frame.sourceMac ?? [2, 0, 0, 0, 0, 1]
  const destinationMac = frame.destinationMac ?? [2, 0, 0, 0, 0, 2]
  switch (frame.linkType ?? linkType.ethernet) {
    case linkType.ethernet:
      return Uint8Array.from([...destinationMac, ...sourceMac, ...typed])
    case linkType.linuxSll:
      return Uint8Array.from([0, 0, 0, 1, 0, 6, ...sourceMac, 0, 0, ...typed])
    case linkType.linuxSll2: {
      const outer = typed.slice(0, 2)
      return Uint8Array.from([
        ...outer,
        0,
        0,
        0,
        0,
        0,
        1,
        0,
        1,
        0,
        6,
        ...sourceMac,
        0,
        0,
        ...typed.slice(2),
      ])
    }
    case linkType.null:
      return Uint8Array.from([frame.source.length === 4 ? 2 : 30, 0, 0, 0])
    case linkType.loop:
      return Uint8Array.from([0, 0, 0, frame.source.length === 4 ? 2 : 30])
    default:
      return new Uint8Array(0)
  }
}

const uint16 = (value: number): [number, number] => [(value >> 8) & 255, value & 255]

const uint32 = (value: number): number[] => [
  (value >>> 24) & 255,
  (value >>> 16) & 255,
  (value >>> 8) & 255,
  value & 255,
]

/** Sum of 16-bit words in network order, an odd last byte padded (RFC 1071). */
function wordSum(bytes: Uint8Array): number {
  let sum = 0
  for (let at = 0; at < bytes.length; at += 2) sum += (bytes[at]! << 8) | (bytes[at + 1] ?? 0)
  return sum
}

function fold(sum: number): number {
  let folded = sum
  while (folded > 0xffff) folded = (folded & 0xffff) + Math.floor(folded / 65_536)
  return ~folded & 0xffff
}

function concatenate(...parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

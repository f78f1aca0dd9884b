import { HandshakeTracker } from '@goldpan/capture'
import { createHandshakeBatch } from '@goldpan/core'
import {
  buildTcpFrame,
  buildUdpFrame,
  createCaptureParser,
  createPcapWriter,
  decodeSegment,
  type FrameOptions,
  magicBytes,
  outcome,
  type PacketSink,
  Segment,
} from '@goldpan/packet'
import { HandshakeCsvFormatter } from '@goldpan/wire/handshake-csv'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { HandshakePackets } from '../../services/capture/src/handshake-packets.ts'
import { goldenCaptures } from './golden-captures.ts'

const ports = [53, 853]

/** Decodes every packet whole and shows it to the tracker: nothing is passed over. */
function generalSink(tracker: HandshakeTracker): PacketSink {
  const segment = new Segment()
  return {
    packet(buffer, start, captured, linkType, seconds, nanoseconds) {
      if (decodeSegment(segment, buffer, start, captured, linkType) !== outcome.tcp) return
      segment.seconds = seconds
      segment.nanoseconds = nanoseconds
      tracker.observe(segment)
    },
  }
}

/** All that a capture yields through a sink, fed in pieces as a file is read. */
function read(
  capture: Uint8Array,
  pieceBytes: number,
  sinkOf: (tracker: HandshakeTracker) => PacketSink,
) {
  const batch = createHandshakeBatch(64)
  const formatter = new HandshakeCsvFormatter()
  let csv = ''
  const flush = (): void => {
    csv += Buffer.from(formatter.format(batch)).toString()
    batch.length = 0
  }
  const sinkOfRows = { batchOf: () => batch, full: flush }
  const tracker = new HandshakeTracker({ ports, pendingMax: 256, sink: sinkOfRows })
  const created = createCaptureParser(capture.subarray(0, magicBytes))
  if (!created.ok) return { refused: created.error.code }
  const parser = created.value
  const sink = sinkOf(tracker)
  for (let at = 0, end = 0; end < capture.length; ) {
    end = Math.min(end + pieceBytes, capture.length)
    at = parser.parse(capture, at, end, sink)
  }
  tracker.finish()
  flush()
  const { counters } = tracker
  return { csv, counters, position: parser.position, damage: parser.damage }
}

function expectTheSame(capture: Uint8Array, pieceBytes: number): void {
  const general = read(capture, pieceBytes, generalSink)
  expect(read(capture, pieceBytes, (tracker) => new HandshakePackets(tracker, ports))).toEqual(
    general,
  )
  const byPacket = read(capture, pieceBytes, (tracker) => {
    const sink = new HandshakePackets(tracker, ports)
    return { packet: (...packet) => sink.packet(...packet) }
  })
  expect(byPacket).toEqual(general)
}

/** One byte of a capture to change, by its place within it. */
const mutations = fc.array(
  fc.record({ place: fc.double({ min: 0, max: 1, noNaN: true }), value: fc.nat(255) }),
  { maxLength: 8 },
)

function mutated(
  capture: Uint8Array,
  changes: readonly { readonly place: number; readonly value: number }[],
): Uint8Array {
  const bytes = Uint8Array.from(capture)
  for (const { place, value } of changes) {
    bytes[24 + Math.floor(place * Math.max(bytes.length - 25, 0))] = value
  }
  return bytes
}

const client = Uint8Array.from([10, 0, 0, 1])
const server = Uint8Array.from([192, 0, 2, 53])
const ipv6 = (last: number): Uint8Array => Uint8Array.from([0x20, 1, ...Array(13).fill(0), last])

/** A packet of one of few connections, in one of the shapes that the walk tells apart. */
const drawnFrame = fc.record({
  control: fc.constantFrom(0x02, 0x12, 0x10, 0x10, 0x18, 0x11, 0x14, 0x04, 0x52),
  fromServer: fc.boolean(),
  isUdp: fc.boolean(),
  isIpv6: fc.boolean(),
  number: fc.nat(2),
  shift: fc.nat(1),
  shape: fc.record({
    vlans: fc.array(fc.nat(4094), { maxLength: 3 }),
    ipv4OptionBytes: fc.constantFrom(0, 0, 4),
    extensionHeaders: fc.array(fc.constantFrom(0, 43, 60), { maxLength: 1 }),
    fragmentOffset: fc.constantFrom(0, 0, 0, 8),
    paddingBytes: fc.constantFrom(0, 6),
    ttl: fc.constantFrom(60, 240),
  }),
  serverPort: fc.constantFrom(53, 853, 80),
  gapMicros: fc.nat(40_000),
})

type DrawnFrame = typeof drawnFrame extends fc.Arbitrary<infer Drawn> ? Drawn : never

function frameOf(drawn: DrawnFrame): Uint8Array {
  const ends = drawn.isIpv6 ? [ipv6(1), ipv6(0x53)] : [client, server]
  const endPorts = [4000, drawn.serverPort]
  const [from, to] = drawn.fromServer ? [1, 0] : [0, 1]
  const { ipv4OptionBytes, extensionHeaders, fragmentOffset, ...shape } = drawn.shape
  const options: FrameOptions = {
    ...shape,
    ...(drawn.isIpv6 ? { extensionHeaders } : { ipv4OptionBytes, fragmentOffset }),
    source: ends[from]!,
    destination: ends[to]!,
    sourcePort: endPorts[from]!,
    destinationPort: endPorts[to]!,
  }
  if (drawn.isUdp) return buildUdpFrame({ ...options, payload: new Uint8Array(20) })
  const sequence = 1000 + drawn.number + drawn.shift
  const acknowledgment = 1000 + drawn.number + 1
  return buildTcpFrame({ ...options, control: drawn.control, sequence, acknowledgment })
}

describe('the walk over the records of a pcap of Ethernet', () => {
  it('yields of every golden capture what the general path yields', () => {
    for (const { bytes } of goldenCaptures) expectTheSame(bytes, 1000)
  })

  it('yields the same of golden captures with bytes changed, in pieces of any length', () => {
    const golden = fc.constantFrom(...goldenCaptures)
    fc.assert(
      fc.property(golden, mutations, fc.integer({ min: 1, max: 3000 }), (capture, changes, piece) =>
        expectTheSame(mutated(capture.bytes, changes), piece),
      ),
      { numRuns: 200 },
    )
  })

  it('yields the same of frames of every shape, cut anywhere', () => {
    const frames = fc.array(drawnFrame, { maxLength: 60 })
    const options = fc.record({
      nanoseconds: fc.boolean(),
      bigEndian: fc.boolean(),
      snapLength: fc.oneof(fc.constant(262_144), fc.integer({ min: 0, max: 110 })),
    })
    fc.assert(
      fc.property(frames, options, mutations, (drawn, pcapOptions, changes) => {
        const pcap = createPcapWriter(pcapOptions)
        let micros = 0
        const records = drawn.map((each) => {
          micros += each.gapMicros
          return pcap.record(1_767_225_600, micros * 100, frameOf(each))
        })
        const whole = Buffer.concat([pcap.header, ...records])
        expectTheSame(whole, 500)
        expectTheSame(mutated(whole, changes), 500)
      }),
      { numRuns: 200 },
    )
  })
})

import { HandshakeTracker } from '@goldpan/capture'
import {
  addressBytes,
  createHandshakeBatch,
  formatHandshakeFlags,
  handshakePresent,
} from '@goldpan/core'
import { buildTcpFrame, control, decodeSegment, linkType, outcome, Segment } from '@goldpan/packet'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { HandshakePackets } from '../../services/capture/src/handshake-packets.ts'
import { startSeconds } from './conversation.ts'
import { HandshakeModel, type ModelRow, type ModelSegment } from './handshake-model.ts'

interface Drawn {
  readonly gapMicros: number
  readonly kind: ModelSegment['kind']
  readonly client: number
  readonly clientIsn: number
  readonly serverIsn: number
  /** Added to the number that fits. */
  readonly wrong: number
  readonly tsVal: number
  readonly tsEcr: number
  readonly payloadBytes: number
  /** Without the timestamps that the client's other segments have. */
  readonly isBare: boolean
  /** The packet before once more, as a mirror port or a reordering network shows it. */
  readonly isCopy: boolean
}

/** Few connections and numbers, so that segments meet; losses are what is not drawn. */
const drawn: fc.Arbitrary<Drawn> = fc.record({
  gapMicros: fc.oneof(
    { weight: 3, arbitrary: fc.integer({ min: -3000, max: 8000 }) },
    { weight: 2, arbitrary: fc.integer({ min: 0, max: 2_000_000 }) },
    { weight: 1, arbitrary: fc.integer({ min: 5_000_000, max: 70_000_000 }) },
  ),
  kind: fc.oneof(
    { weight: 3, arbitrary: fc.constant('syn' as const) },
    { weight: 4, arbitrary: fc.constant('synack' as const) },
    { weight: 5, arbitrary: fc.constant('ack' as const) },
    { weight: 1, arbitrary: fc.constantFrom('clientReset' as const, 'serverReset' as const) },
  ),
  client: fc.integer({ min: 0, max: 3 }),
  clientIsn: fc.constantFrom(7, 1000),
  serverIsn: fc.constantFrom(5000, 0xffff_ffff),
  wrong: fc.oneof(
    { weight: 6, arbitrary: fc.constant(0) },
    { weight: 1, arbitrary: fc.constant(3) },
  ),
  tsVal: fc.integer({ min: 1, max: 3 }),
  tsEcr: fc.integer({ min: 1, max: 3 }),
  payloadBytes: fc.constantFrom(0, 0, 29),
  isBare: fc.constantFrom(false, false, false, false, true),
  isCopy: fc.oneof(
    { weight: 6, arbitrary: fc.constant(false) },
    { weight: 1, arbitrary: fc.constant(true) },
  ),
})

const clients = [
  { address: [10, 0, 0, 1], server: [192, 0, 2, 53], hasTimestamps: true },
  { address: [10, 0, 0, 2], server: [192, 0, 2, 53], hasTimestamps: false },
  { address: ipv6(1), server: ipv6(0x53), hasTimestamps: true },
  { address: ipv6(2), server: ipv6(0x53), hasTimestamps: false },
]

function ipv6(last: number): number[] {
  return [0x20, 0x01, 0x0d, 0xb8, ...Array<number>(11).fill(0), last]
}

const bitsOf = {
  syn: control.syn,
  synack: control.syn | control.ack,
  ack: control.ack,
  clientReset: control.rst | control.ack,
  serverReset: control.rst,
}

interface Seen {
  readonly segment: ModelSegment
  readonly frame: Uint8Array
}

/** The segments of a draw, each as the model and as the decoder take it. */
function seenOf(draws: readonly Drawn[]): Seen[] {
  const seen: Seen[] = []
  let micros = 100e6
  for (const [index, each] of draws.entries()) {
    micros += each.gapMicros
    const before = seen.at(-1)
    if (each.isCopy && before) {
      seen.push({ ...before, segment: { ...before.segment, micros } })
    } else seen.push(build(each, index, micros))
  }
  return seen
}

function numbersOf({ kind, clientIsn, serverIsn, wrong }: Drawn, fromServer: boolean) {
  const [own, other] = fromServer ? [serverIsn, clientIsn] : [clientIsn, serverIsn]
  const isSyn = kind === 'syn' || kind === 'synack'
  return {
    sequence: (own + (isSyn ? 0 : 1)) >>> 0,
    acknowledgment: kind === 'syn' ? 0 : (other + 1 + wrong) >>> 0,
  }
}

function build(draw: Drawn, index: number, micros: number): Seen {
  const { kind, client } = draw
  const { address, server } = clients[client]!
  const hasTimestamps = clients[client]!.hasTimestamps && !draw.isBare
  const fromServer = kind === 'synack' || kind === 'serverReset'
  const { sequence, acknowledgment } = numbersOf(draw, fromServer)
  const payloadBytes = kind === 'ack' ? draw.payloadBytes : 0
  // Other echoes in a SYN-ACK could sum up to the checksum of another one, as nothing real does.
  const timestamps = { tsVal: draw.tsVal, tsEcr: kind === 'ack' ? draw.tsEcr : 0 }
  const frame = buildTcpFrame({
    source: Uint8Array.from(fromServer ? server : address),
    destination: Uint8Array.from(fromServer ? address : server),
    sourcePort: fromServer ? 53 : 4000,
    destinationPort: fromServer ? 4000 : 53,
    ipId: index,
    control: bitsOf[kind],
    sequence,
    acknowledgment,
    options: hasTimestamps ? { timestamps } : {},
    payload: new Uint8Array(payloadBytes),
  })
  // IPv6 has no identification: what TCP repeats word for word is a copy.
  const packet = `${client < 2 ? index : ''}|${kind}|${sequence}|${acknowledgment}|${
    hasTimestamps ? [timestamps.tsVal, timestamps.tsEcr] : ''
  }`
  const segment: ModelSegment = {
    micros,
    kind,
    connection: `${client}`,
    sequence: sequence | 0,
    acknowledgment: acknowledgment | 0,
    ...(hasTimestamps ? { timestamps } : {}),
    payloadBytes,
    packet,
  }
  return { segment, frame }
}

function createTracker(rows: ModelRow[]): HandshakeTracker {
  const batch = createHandshakeBatch(1)
  return new HandshakeTracker({
    ports: [53],
    pendingMax: 4096,
    sink: {
      batchOf: () => batch,
      full: () => {
        const accept = batch.present[0]! & handshakePresent.accept
        rows.push({
          micros: batch.timeMicros[0]! - startSeconds * 1e6,
          rttMicros: batch.rttMicros[0]!,
          acceptMicros: accept ? batch.acceptMicros[0]! : undefined,
          retransmissions: batch.synackRetransmissions[0]!,
          flags: formatHandshakeFlags(batch.flags[0]!),
        })
        expect(batch.client.subarray(0, addressBytes)).not.toEqual(new Uint8Array(addressBytes))
        batch.length = 0
      },
    },
  })
}

const timeOf = (micros: number) => {
  const seconds = Math.floor(micros / 1e6)
  return { seconds: startSeconds + seconds, nanoseconds: (micros - seconds * 1e6) * 1000 }
}

/** The same segments through the decoder and the tracker alone. */
function track(seen: readonly Seen[]): { rows: ModelRow[]; tracker: HandshakeTracker } {
  const rows: ModelRow[] = []
  const tracker = createTracker(rows)
  const segment = new Segment()
  for (const {
    segment: { micros },
    frame,
  } of seen) {
    const kind = decodeSegment(segment, frame, 0, frame.length, linkType.ethernet)
    expect(kind).toBe(outcome.tcp)
    Object.assign(segment, timeOf(micros))
    tracker.observe(segment)
  }
  return { rows, tracker }
}

const draws = fc.array(drawn, { maxLength: 80, size: 'max' })

describe('the tracker', () => {
  it('finds what the slow model finds, whatever is lost, doubled or out of order', () => {
    fc.assert(
      fc.property(draws, (each) => {
        const seen = seenOf(each)
        const model = new HandshakeModel()
        for (const { segment } of seen) model.observe(segment)
        const { rows, tracker } = track(seen)
        expect(rows).toEqual(model.rows)
        expect(tracker.counters).toMatchObject(model.counters)
      }),
      { numRuns: 400 },
    )
  })

  it('finds the same where most packets are passed over undecoded', () => {
    fc.assert(
      fc.property(draws, (each) => {
        const seen = seenOf(each)
        const rows: ModelRow[] = []
        const tracker = createTracker(rows)
        const packets = new HandshakePackets(tracker, [53])
        for (const { segment, frame } of seen) {
          const { seconds, nanoseconds } = timeOf(segment.micros)
          packets.packet(frame, 0, frame.length, linkType.ethernet, seconds, nanoseconds)
        }
        const slow = track(seen)
        expect(rows).toEqual(slow.rows)
        expect(tracker.counters).toEqual(slow.tracker.counters)
        expect(tracker.servers.views()).toEqual(slow.tracker.servers.views())
      }),
      { numRuns: 200 },
    )
  })
})

import {
  Conversation,
  completeHandshake,
  dnsQueryOverTcp,
  inOrder,
  pcapOf,
  type TimedFrame,
} from './conversation.ts'
import type { GoldenRow } from './golden-rows.ts'

/** A capture named after its condition, and what must be read from it. */
export interface GoldenCapture {
  readonly name: string
  readonly bytes: Uint8Array
  readonly rows: readonly GoldenRow[]
  /** Part of the damage's sentence where the capture is damaged. */
  readonly damage?: string
}

const millisecond = 1000
const second = 1e6
const rtt = 25 * millisecond

function golden(
  name: string,
  frames: readonly TimedFrame[] | Conversation,
  rows: readonly GoldenRow[],
): GoldenCapture {
  const list = frames instanceof Conversation ? frames.frames : frames
  return { name: `${name}.pcap`, bytes: pcapOf(list), rows }
}

const talk = (clientPort = 40_000): Conversation => new Conversation({ clientPort })

function plain(): GoldenCapture[] {
  return [
    golden('plain', completeHandshake(talk(), 0, rtt), [{ at: 100, rtt, accept: 100 }]),
    golden('rtt-zero', completeHandshake(talk(), 0, 0), [{ at: 100, rtt: 0, accept: 100 }]),
    golden(
      'syn-retransmitted',
      talk()
        .syn(0)
        .syn(second)
        .synack(second + 200)
        .ack(second + 9200),
      [{ at: second + 200, rtt: 9000, accept: 200 }],
    ),
    golden('syn-missing', talk().synack(0).ack(rtt), [{ at: 0, rtt, flags: 'syn_missing' }]),
    golden('seen-from-the-client', talk().syn(0).synack(30_000).ack(30_100), [
      { at: 30_000, rtt: 30_000, flags: 'client_side' },
    ]),
    golden(
      'port-853-and-53',
      inOrder([
        ...completeHandshake(new Conversation({ serverPort: 853 }), 0, rtt).frames,
        ...completeHandshake(new Conversation({ serverPort: 53 }), 50_000, rtt).frames,
        ...completeHandshake(new Conversation({ serverPort: 443 }), 90_000, rtt).frames,
      ]),
      [
        { at: 100, rtt, accept: 100, serverPort: 853 },
        { at: 50_100, rtt, accept: 100 },
      ],
    ),
  ]
}

/** One SYN-ACK sent three times with these TSvals; the ACK echoes one of them, or none. */
function retransmitted(clientPort: number, echoes: number | undefined): Conversation {
  const stamps = [10, 1010, 3010]
  const conversation = talk(clientPort).syn(0, echoes === undefined ? {} : { tsVal: 7 })
  for (const [index, tsVal] of stamps.entries()) {
    const options = echoes === undefined ? {} : { tsVal, tsEcr: 7 }
    conversation.synack(100 + (2 ** index - 1) * second, options)
  }
  const options = echoes === undefined ? {} : { tsVal: 9, tsEcr: echoes }
  return conversation.ack(3 * second + 20_100, options)
}

function retransmissions(): GoldenCapture[] {
  const last = { at: 3 * second + 100, rtt: 20_000, accept: 100, retransmissions: 2 }
  return [
    golden('syn-ack-retransmitted-timestamps-answer-the-first', retransmitted(40_000, 10), [
      { ...last, at: 100, rtt: 3 * second + 20_000 },
    ]),
    golden('syn-ack-retransmitted-timestamps-answer-the-middle', retransmitted(40_000, 1010), [
      { ...last, at: second + 100, rtt: 2 * second + 20_000 },
    ]),
    golden('syn-ack-retransmitted-timestamps-answer-the-last', retransmitted(40_000, 3010), [last]),
    golden('syn-ack-retransmitted-timestamps-answer-none', retransmitted(40_000, 77), [
      { ...last, flags: 'ambiguous' },
    ]),
    golden('syn-ack-retransmitted-without-timestamps', retransmitted(40_000, undefined), [
      { ...last, flags: 'ambiguous' },
    ]),
    {
      name: 'syn-ack-retransmitted-timestamps-cut-by-the-snaplen.pcap',
      bytes: pcapOf(retransmitted(40_000, 10).frames, { snapLength: 58 }),
      rows: [{ ...last, flags: 'ambiguous' }],
    },
  ]
}

/** SYN-ACKs that are less than three or less than they seem. */
function doubtfulSynacks(): GoldenCapture[] {
  return [
    golden(
      'syn-ack-retransmitted-timestamps-equal',
      talk()
        .syn(0, { tsVal: 7 })
        .synack(100, { tsVal: 10, tsEcr: 7 })
        .synack(second, { tsVal: 10, tsEcr: 7 })
        .ack(second + 9000, { tsVal: 8, tsEcr: 10 }),
      [{ at: second, rtt: 9000, accept: 100, retransmissions: 1, flags: 'ambiguous' }],
    ),
    golden(
      // The client echoes the first one's TSval, whichever of the two it answers.
      'syn-ack-retransmitted-without-the-timestamps-of-the-first',
      talk()
        .syn(0, { tsVal: 7 })
        .synack(100, { tsVal: 10, tsEcr: 7 })
        .syn(5000, { tsVal: 9, sequence: 77 })
        .synack(second)
        .ack(second + 9000, { tsVal: 8, tsEcr: 10 }),
      [{ at: second, rtt: 9000, accept: 100, retransmissions: 1, flags: 'ambiguous' }],
    ),
    golden(
      'syn-ack-lost-by-the-capture-timestamps-tell',
      talk()
        .syn(0, { tsVal: 7 })
        .synack(100, { tsVal: 10, tsEcr: 7 })
        .ack(second, { tsVal: 8, tsEcr: 1010 }),
      [{ at: 100, rtt: second - 100, accept: 100, flags: 'ambiguous' }],
    ),
    golden(
      'clock-stepped-back-between-syn-acks',
      talk()
        .syn(3 * second)
        .synack(3 * second + 100)
        .synack(second)
        .ack(second + 20_000),
      [{ at: second, rtt: 20_000, accept: 100, retransmissions: 1, flags: 'ambiguous' }],
    ),
    golden(
      'mirror-port-copies-are-no-retransmissions',
      talk()
        .syn(0, { ipId: 1 })
        .syn(40, { ipId: 1, ttl: 54 })
        .synack(100, { ipId: 2 })
        .synack(140, { ipId: 2, ttl: 63 })
        .ack(rtt, { ipId: 3 })
        .ack(rtt + 40, { ipId: 3, ttl: 54 }),
      [{ at: 100, rtt: rtt - 100, accept: 100 }],
    ),
  ]
}

function completions(): GoldenCapture[] {
  const row = { at: 100, rtt, accept: 100 }
  const end = 100 + rtt
  return [
    golden('ack-with-ecn-bits', talk().syn(0).synack(100).ack(end, { bits: 0xc0 }), [row]),
    golden(
      'ack-with-data',
      talk().syn(0).synack(100).ack(end, { bits: 8, payload: dnsQueryOverTcp }),
      [{ ...row, flags: 'ack_with_data' }],
    ),
    golden(
      'repeated-after-completion',
      talk()
        .syn(0)
        .synack(100)
        .ack(end)
        .ack(end + 500)
        .synack(second)
        .ack(second + rtt),
      [row],
    ),
    golden(
      'ack-with-wrong-number-first',
      talk().syn(0).synack(100).ack(5000, { acknowledgment: 4711 }).ack(end),
      [row],
    ),
  ]
}

/** What must not become a sample, and what just does. */
function discards(): GoldenCapture[] {
  const row = { at: 100, rtt, accept: 100 }
  const end = 100 + rtt
  return [
    golden('reset-by-the-client', talk().syn(0).synack(100).clientReset(9000).ack(end), []),
    golden('reset-by-the-server', talk().syn(0).synack(100).serverReset(9000).ack(end), []),
    golden(
      'reset-by-a-client-on-a-server-port',
      new Conversation({ clientPort: 53 }).syn(0).synack(100).clientReset(9000).ack(end),
      [],
    ),
    golden('rtt-negative', talk().syn(0).synack(200).ack(150), []),
    golden(
      'rtt-over-ten-seconds',
      talk()
        .syn(0)
        .synack(100)
        .ack(100 + 10 * second + 1),
      [],
    ),
    golden(
      'rtt-of-ten-seconds',
      talk()
        .syn(0)
        .synack(100)
        .ack(100 + 10 * second),
      [{ ...row, rtt: 10 * second }],
    ),
    golden(
      'never-answered',
      talk()
        .syn(0)
        .synack(100)
        .synack(second)
        .synack(3 * second),
      [],
    ),
    golden(
      'syn-alone',
      talk()
        .syn(0)
        .syn(second)
        .syn(3 * second),
      [],
    ),
  ]
}

function connections(): GoldenCapture[] {
  const first = new Conversation({ clientIsn: 1000, serverIsn: 5000 })
  const other = new Conversation({ clientIsn: 8000, serverIsn: 9000 })
  const isBeside = inOrder([
    ...first.syn(0).synack(100).ack(30_000).frames,
    ...other.syn(10_000).synack(10_200).ack(20_000).frames,
  ])
  const reused = inOrder([
    ...completeHandshake(new Conversation({ clientIsn: 1000, serverIsn: 5000 }), 0, rtt).frames,
    ...completeHandshake(new Conversation({ clientIsn: 3, serverIsn: 4 }), second, 9000).frames,
  ])
  const wrapping = new Conversation({ clientIsn: 0xffff_ffff, serverIsn: 0xffff_ffff })
  return [
    golden('two-connections-of-one-4-tuple-at-once', isBeside, [
      { at: 10_200, rtt: 9800, accept: 200 },
      { at: 100, rtt: 29_900, accept: 100 },
    ]),
    golden('4-tuple-reused', reused, [
      { at: 100, rtt, accept: 100 },
      { at: second + 100, rtt: 9000, accept: 100 },
    ]),
    golden(
      'sequence-numbers-wrap',
      wrapping
        .syn(0)
        .synack(100, { acknowledgment: 0 })
        .ack(100 + rtt, { sequence: 0, acknowledgment: 0 }),
      [{ at: 100, rtt, accept: 100 }],
    ),
  ]
}

function fastOpen(): GoldenCapture[] {
  const cookie = [1, 2, 3, 4, 5, 6, 7, 8]
  const isn = 1000
  const accepted = isn + 1 + dnsQueryOverTcp.length
  const open = (clientPort: number): Conversation =>
    talk(clientPort)
      .syn(0, { fastOpenCookie: cookie, payload: dnsQueryOverTcp })
      .synack(100, { acknowledgment: accepted })
  return [
    golden(
      'fast-open-cookie-asked-for',
      talk()
        .syn(0, { fastOpenCookie: [] })
        .synack(100, { fastOpenCookie: cookie })
        .ack(100 + rtt),
      [{ at: 100, rtt, accept: 100, flags: 'fast_open' }],
    ),
    golden(
      'fast-open-data-refused',
      talk()
        .syn(0, { fastOpenCookie: cookie, payload: dnsQueryOverTcp })
        .synack(100)
        .ack(100 + rtt, { payload: dnsQueryOverTcp }),
      [{ at: 100, rtt, accept: 100, flags: 'ack_with_data fast_open' }],
    ),
    golden('fast-open-data-accepted', open(40_000).ack(100 + rtt, { sequence: accepted }), [
      { at: 100, rtt, accept: 100, flags: 'fast_open' },
    ]),
    golden(
      'fast-open-cumulative-ack-of-the-answer',
      open(40_000).ack(100 + rtt, { sequence: accepted, acknowledgment: 5001 + 300 }),
      [{ at: 100, rtt, accept: 100, flags: 'ambiguous fast_open' }],
    ),
  ]
}

/** Captures for each rule of how a handshake is measured. */
export function handshakeConditions(): GoldenCapture[] {
  return [
    ...plain(),
    ...retransmissions(),
    ...doubtfulSynacks(),
    ...completions(),
    ...discards(),
    ...connections(),
    ...fastOpen(),
  ]
}

import {
  addressBytes,
  createTrafficBatch,
  formatPrefix,
  parseAddress,
  type TrafficBatch,
  trafficPresent,
} from '@goldpan/core'
import {
  buildTcpFrame,
  buildUdpFrame,
  control,
  decodeSegment,
  outcome,
  Segment,
} from '@goldpan/packet'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { TrafficCounter, type TrafficCounterOptions } from './traffic-counter.ts'

const server = { 4: parseAddress('192.0.2.53')!.subarray(12), 6: parseAddress('2001:db8::53')! }

/** A DNS message of 17 bytes: header with these flags, and a root question. */
function dnsMessage(flags: number): Uint8Array {
  return Uint8Array.from([0, 7, flags >> 8, flags & 255, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 1])
}
const query = 0x0000
const answer = 0x8400
const truncated = 0x8600
const lengthPrefixed = (message: Uint8Array): number[] => [0, message.length, ...message]

function bytesOf(client: string): Uint8Array {
  const bytes = parseAddress(client)!
  return client.includes(':') ? bytes : bytes.subarray(12)
}

interface Counted {
  readonly minute: number
  readonly prefix: string | undefined
  readonly udp: number | undefined
  readonly tcp: number | undefined
  readonly truncated: number | undefined
  readonly handshakes: number | undefined
}

/** A counter with its sensor's packets at hand, and its rows as objects. */
function createBench(options: Partial<TrafficCounterOptions> = {}, capacity = 4) {
  const rows: Counted[] = []
  let batch = createTrafficBatch(capacity)
  const drain = (): void => {
    rows.push(...countedOf(batch))
    batch = createTrafficBatch(capacity)
  }
  const counter = new TrafficCounter({
    ports: [53],
    sink: { trafficBatch: () => batch, trafficFull: drain },
    ...options,
  })
  const segment = new Segment()
  const observe = (seconds: number, frame: Uint8Array, captured = frame.length): void => {
    const kind = decodeSegment(segment, frame, 0, captured, 1)
    segment.seconds = seconds
    if (kind === outcome.udp) counter.observeUdp(segment)
    else if (kind === outcome.tcp) counter.observeTcp(segment)
  }
  const ends = (client: string, inbound: boolean, port = 53) => {
    const own = server[client.includes(':') ? 6 : 4]
    return inbound
      ? { source: bytesOf(client), destination: own, sourcePort: 4000, destinationPort: port }
      : { source: own, destination: bytesOf(client), sourcePort: port, destinationPort: 4000 }
  }
  return {
    counter,
    udp(seconds: number, client: string, flags: number, captured?: number): void {
      const isQuery = flags < 0x8000
      const frame = buildUdpFrame({ ...ends(client, isQuery), payload: dnsMessage(flags) })
      observe(seconds, frame, captured)
    },
    tcp(
      seconds: number,
      client: string,
      payload: readonly number[],
      { port = 53, captured }: { port?: number; captured?: number } = {},
    ): void {
      const frame = buildTcpFrame({
        ...ends(client, true, port),
        control: control.ack,
        sequence: 1,
        payload: Uint8Array.from(payload),
      })
      observe(seconds, frame, captured)
    },
    synack(seconds: number, client: string): void {
      const bits = control.syn | control.ack
      observe(seconds, buildTcpFrame({ ...ends(client, false), control: bits, sequence: 1 }))
    },
    handshake(seconds: number, client: string): void {
      this.tcp(seconds, client, [])
      counter.countHandshake(segment)
    },
    rows(): Counted[] {
      counter.finish()
      drain()
      return rows
    },
  }
}

function countedOf(batch: TrafficBatch): Counted[] {
  return Array.from({ length: batch.length }, (_, row) => {
    const has = (bit: number): boolean => (batch.present[row]! & bit) !== 0
    const value = (bit: number, column: Uint32Array): number | undefined =>
      has(bit) ? column[row] : undefined
    return {
      minute: batch.minuteSeconds[row]!,
      prefix: has(trafficPresent.prefix)
        ? formatPrefix(batch.prefix, row * addressBytes)
        : undefined,
      udp: value(trafficPresent.udpQueries, batch.udpQueries),
      tcp: value(trafficPresent.tcpQueries, batch.tcpQueries),
      truncated: value(trafficPresent.truncatedAnswers, batch.truncatedAnswers),
      handshakes: value(trafficPresent.handshakes, batch.handshakes),
    }
  })
}

describe('the traffic counter', () => {
  it('counts queries, truncated answers and handshakes per prefix and minute', () => {
    const bench = createBench()
    bench.udp(120, '198.51.100.7', query)
    bench.udp(121, '198.51.100.8', query)
    bench.udp(121, '198.51.100.8', truncated)
    bench.udp(121, '198.51.100.8', answer)
    bench.synack(122, '198.51.100.8')
    bench.handshake(122, '198.51.100.8')
    bench.tcp(122, '198.51.100.8', lengthPrefixed(dnsMessage(query)))
    bench.udp(122, '2001:db8:7::1', query)
    bench.udp(185, '198.51.100.7', query)
    const v6 = { minute: 120, prefix: '2001:db8:7::/48', truncated: undefined, udp: 1 }
    expect(bench.rows()).toEqual([
      { minute: 120, prefix: '198.51.100.0/24', udp: 2, tcp: 1, truncated: 1, handshakes: 1 },
      { ...v6, tcp: undefined, handshakes: undefined },
      { minute: 180, prefix: '198.51.100.0/24', udp: 1, tcp: 0, truncated: 0, handshakes: 0 },
    ])
  })

  it('leaves absent what a tap cannot show', () => {
    const outboundOnly = createBench()
    outboundOnly.udp(0, '198.51.100.7', truncated)
    expect(outboundOnly.rows()).toEqual([
      {
        minute: 0,
        prefix: '198.51.100.0/24',
        udp: undefined,
        tcp: undefined,
        truncated: 1,
        handshakes: undefined,
      },
    ])
    const tcpOnly = createBench()
    tcpOnly.tcp(0, '198.51.100.7', lengthPrefixed(dnsMessage(query)))
    expect(tcpOnly.rows()[0]).toMatchObject({ udp: undefined, tcp: 1, truncated: undefined })
  })

  it('counts a packet of an earlier minute in the open one, as late', () => {
    const bench = createBench()
    bench.udp(120, '198.51.100.7', query)
    bench.udp(119, '198.51.100.7', query)
    expect(bench.rows()).toMatchObject([{ minute: 120, udp: 2 }])
    expect(bench.counter.counters.late_packets).toBe(1)
  })

  it('starts the minute anew when time jumps back by more than a minute', () => {
    const bench = createBench()
    bench.udp(600, '198.51.100.7', query)
    bench.udp(60, '198.51.100.7', query)
    expect(bench.rows().map((row) => row.minute)).toEqual([600, 60])
    expect(bench.counter.counters.late_packets).toBe(0)
  })

  it('puts prefixes beyond the bound into one row without prefix', () => {
    const bench = createBench({ prefixesMax: 2 })
    for (let index = 0; index < 5; index++) bench.udp(0, `198.51.${index}.1`, query)
    expect(bench.rows()).toMatchObject([
      { prefix: '198.51.0.0/24', udp: 1 },
      { prefix: '198.51.1.0/24', udp: 1 },
      { prefix: undefined, udp: 3 },
    ])
    expect(bench.counter.counters.prefixes_beyond_bound).toBe(3)
  })

  it('counts each message that starts in a segment, and none in the middle of one', () => {
    const bench = createBench()
    const one = lengthPrefixed(dnsMessage(query))
    bench.tcp(0, '198.51.100.7', [...one, ...one, ...one.slice(0, 9)])
    bench.tcp(0, '198.51.100.7', one.slice(9))
    bench.tcp(0, '198.51.100.7', [0, 17])
    bench.tcp(0, '198.51.100.7', [...dnsMessage(query)])
    expect(bench.rows()[0]!.tcp).toBe(4)
  })

  it('takes those behind the snaplen to be as long as those before it', () => {
    const bench = createBench()
    const one = lengthPrefixed(dnsMessage(query))
    const payload = Array.from({ length: 40 }, () => one).flat()
    bench.tcp(0, '198.51.100.7', payload, { captured: 128 })
    expect(bench.rows()[0]!.tcp).toBe(40)
    const long = createBench()
    long.tcp(0, '198.51.100.7', [0, 200, ...dnsMessage(query), ...Array(183).fill(0)], {
      captured: 128,
    })
    long.tcp(0, '198.51.100.7', [...one, ...Array(500).fill(0xff)], { captured: 128 })
    expect(long.rows()[0]!.tcp).toBe(2)
  })

  it('counts no queries in TLS', () => {
    const bench = createBench({ ports: [53, 853] })
    bench.tcp(0, '198.51.100.7', lengthPrefixed(dnsMessage(query)), { port: 853 })
    expect(bench.rows()).toEqual([])
  })

  it('tells queries from answers by port where the snaplen cut the DNS header', () => {
    const bench = createBench()
    bench.udp(0, '198.51.100.7', query, 42)
    bench.udp(0, '198.51.100.7', truncated, 42)
    expect(bench.rows()).toMatchObject([{ udp: 1, truncated: 0 }])
  })

  it('keeps excluded clients out, and counts them', () => {
    const monitor = bytesOf('198.51.100.9')
    const bench = createBench({
      excluded: {
        touches: (prefix) => formatPrefix(prefix) === '198.51.100.0/24',
        has: (bytes, offset) => monitor.every((byte, index) => bytes[offset + index] === byte),
      },
    })
    bench.udp(0, '198.51.100.9', query)
    bench.udp(0, '198.51.100.8', query)
    bench.udp(0, '203.0.113.9', query)
    expect(bench.rows()).toMatchObject([
      { prefix: '198.51.100.0/24', udp: 1 },
      { prefix: '203.0.113.0/24', udp: 1 },
    ])
    expect(bench.counter.counters.excluded_packets).toBe(1)
  })
})

it('agrees with a map of counts for any clients and times', () => {
  const client = fc.oneof(
    fc.tuple(fc.nat(40), fc.nat(255)).map(([net, host]) => `198.51.${net}.${host}`),
    fc.tuple(fc.nat(40), fc.nat(99)).map(([net, host]) => `2001:db8:${net}::${host + 1}`),
  )
  const packets = fc.array(fc.tuple(fc.nat(3), client), { maxLength: 300 })
  fc.assert(
    fc.property(packets, (unordered) => {
      const ordered = unordered.toSorted(([left], [right]) => left - right)
      const bench = createBench({}, 7)
      const expected = new Map<string, number>()
      for (const [minute, address] of ordered) {
        bench.udp(minute * 60, address, query)
        const bytes = parseAddress(address)!
        bytes.fill(0, address.includes(':') ? 6 : 15)
        const key = `${minute * 60} ${formatPrefix(bytes)}`
        expected.set(key, (expected.get(key) ?? 0) + 1)
      }
      const counted = bench.rows().map((row) => [`${row.minute} ${row.prefix}`, row.udp] as const)
      expect(counted.length).toBe(expected.size)
      expect(new Map(counted)).toEqual(expected)
    }),
    { numRuns: 50 },
  )
})

it('counts far more prefixes than it starts with', () => {
  const bench = createBench({}, 1000)
  for (let index = 0; index < 20_000; index++) {
    bench.udp(0, `10.${index >> 8}.${index & 255}.1`, query)
  }
  const rows = bench.rows()
  expect(rows.length).toBe(20_000)
  expect(new Set(rows.map((row) => row.prefix)).size).toBe(20_000)
})

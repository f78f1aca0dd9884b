import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Conversation, dnsQueryOverTcp, inOrder, pcapOf } from '../captures/conversation.ts'

/** The edges of docs/reference/handshake-rules.md, through the command line: one client each. */

type Talk = (talk: Conversation) => Conversation
/** `rtt,accept,hops,retransmissions,flags` of the row, or none. */
type Row = string | undefined

const whole =
  (micros: number, options = {}): Talk =>
  (talk) =>
    talk.syn(0).synack(100).ack(micros, options)
const clientSide =
  (accept: number, rtt: number): Talk =>
  (talk) =>
    talk
      .syn(0)
      .synack(accept)
      .ack(accept + rtt)
const ttl = (value: number): Talk => whole(25_100, { ttl: value })

const rules: Readonly<Record<string, readonly (readonly [string, Talk, Row])[]>> = {
  'an ACK completes': [
    [
      'with data, where no pure one was seen',
      whole(25_100, { payload: dnsQueryOverTcp }),
      '25000,100,9,0,ack_with_data',
    ],
    ['with CWR, ECE, PSH and URG', whole(25_100, { bits: 0xe8 }), '25000,100,9,0,'],
    [
      'after SYN and SYN-ACK with ECN',
      (talk) => talk.syn(0, { bits: 0xc0 }).synack(100, { bits: 0x40 }).ack(25_100),
      '25000,100,9,0,',
    ],
    ['not with FIN', whole(25_100, { bits: 1 }), undefined],
    ['not with SYN', whole(25_100, { bits: 2 }), undefined],
    ['not with a wrong number', whole(25_100, { acknowledgment: 4711 }), undefined],
    ['not a minute later', whole(60e6), undefined],
    [
      'once, whatever repeats',
      (talk) => talk.syn(0).synack(100).ack(25_100).synack(1e6).ack(1.025e6),
      '25000,100,9,0,',
    ],
    [
      'whose TSecr is a TSval of 0',
      (talk) =>
        talk
          .syn(0, { tsVal: 7 })
          .synack(100, { tsVal: 0, tsEcr: 7 })
          .ack(25_100, { tsVal: 8, tsEcr: 0 }),
      '25000,100,9,0,',
    ],
  ],
  'a RST ends it': [
    [
      'from the client, without ACK',
      (talk) => talk.syn(0).synack(100).clientReset(500, { acknowledgment: 0 }).ack(25_100),
      undefined,
    ],
    [
      'from the server, without ACK',
      (talk) => talk.syn(0).synack(100).serverReset(500, { acknowledgment: 0 }).ack(25_100),
      undefined,
    ],
    [
      'from the client, without ACK, though an older one expected the number 0',
      (talk) =>
        talk
          .syn(0)
          .synack(100, { sequence: 0xffff_ffff })
          .ack(25_100, { acknowledgment: 0 })
          .syn(1e6, { sequence: 8 })
          .synack(1_000_100, { sequence: 5, acknowledgment: 9 })
          .clientReset(1_000_500, { sequence: 9, acknowledgment: 0 })
          .ack(1_009_100, { sequence: 9, acknowledgment: 6 }),
      '25000,100,9,0,',
    ],
    [
      'not with wrong numbers of a client',
      (talk) =>
        talk.syn(0).synack(100).clientReset(500, { sequence: 77, acknowledgment: 99 }).ack(25_100),
      '25000,100,9,0,',
    ],
    [
      'not with wrong numbers of a server',
      (talk) =>
        talk.syn(0).synack(100).serverReset(500, { sequence: 77, acknowledgment: 99 }).ack(25_100),
      '25000,100,9,0,',
    ],
  ],
  'a SYN-ACK again': [
    [
      '5 ms later, the same packet: a copy',
      (talk) =>
        talk
          .syn(0)
          .synack(100, { ipId: 2 })
          .synack(5100, { ipId: 2, ttl: 3, vlans: [9] })
          .ack(25_100),
      '25000,100,9,0,',
    ],
    [
      'later than that: a retransmission',
      (talk) => talk.syn(0).synack(100, { ipId: 2 }).synack(5101, { ipId: 2 }).ack(25_101),
      '20000,100,9,1,ambiguous',
    ],
    [
      'within 5 ms, another packet: a retransmission',
      (talk) => talk.syn(0).synack(100, { ipId: 2 }).synack(2100, { ipId: 3 }).ack(25_100),
      '23000,100,9,1,ambiguous',
    ],
  ],
  'the client’s side is seen': [
    ['below 0.5 ms', clientSide(10_000, 499), '10000,,9,0,client_side'],
    ['not at 0.5 ms', clientSide(10_000, 500), '500,10000,9,0,'],
    ['above 20 times', clientSide(2000, 99), '2000,,9,0,client_side'],
    ['not at 20 times', clientSide(2000, 100), '100,2000,9,0,'],
    ['above 1 ms', clientSide(1001, 10), '1001,,9,0,client_side'],
    ['not at 1 ms', clientSide(1000, 10), '10,1000,9,0,'],
  ],
  'hops are counted': (
    [
      [1, 31],
      [32, 0],
      [33, 31],
      [64, 0],
      [65, 63],
      [128, 0],
      [129, 126],
      [255, 0],
    ] as const
  ).map(([value, hops]) => [`from a TTL of ${value}`, ttl(value), `25000,100,${hops},0,`] as const),
  'an accept delay': [
    [
      'is since the last SYN before the first SYN-ACK',
      (talk) => talk.syn(0).syn(1e6).synack(1_000_300).syn(1_000_400).ack(1_009_300),
      '9000,300,9,0,',
    ],
    [
      'is there though an ACK of the client came before the SYN-ACK',
      (talk) => talk.syn(0).ack(50, { acknowledgment: 4711 }).synack(100).ack(25_100),
      '25000,100,9,0,',
    ],
    [
      'is absent where no SYN was seen',
      (talk) => talk.synack(100).ack(25_100),
      '25000,,9,0,syn_missing',
    ],
  ],
}

const cases = Object.entries(rules).flatMap(([rule, each]) =>
  each.map(([name, talk, row]) => ({ rule, name, talk, row })),
)
const folder = mkdtempSync(join(tmpdir(), 'goldpan-rules-'))
afterAll(() => rmSync(folder, { recursive: true }))

const rows = new Map<string, string>()
beforeAll(() => {
  const frames = cases.flatMap(({ talk }, index) =>
    (['198.51.100.7', '2001:db8:7::7'] as const).flatMap((client) => {
      const server = client.includes(':') ? '2001:db8::53' : '192.0.2.53'
      return talk(new Conversation({ client, server, clientPort: 1000 + index })).frames
    }),
  )
  writeFileSync(join(folder, 'all.pcap'), pcapOf(inOrder(frames)))
  const main = fileURLToPath(new URL('../../cli/src/main.ts', import.meta.url))
  const words = [main, 'handshakes', join(folder, 'all.pcap')]
  const { stdout } = spawnSync(process.execPath, words, { encoding: 'utf8' })
  for (const line of stdout.trim().split('\n').slice(1)) {
    const [, , client, port, , , ...measured] = line.split(',')
    rows.set(`${client}/${port}`, measured.join(','))
  }
})

describe.each(Object.keys(rules))('%s', (rule) => {
  const ofRule = cases.filter((each) => each.rule === rule)
  it.each(ofRule)('$name', ({ name, row }) => {
    const port = 1000 + cases.findIndex((each) => each.rule === rule && each.name === name)
    expect(rows.get(`198.51.100.7/${port}`)).toBe(row)
    // IPv6 has no identification: a copy is told by the bytes of TCP alone.
    if (!name.startsWith('within 5 ms, another')) {
      expect(rows.get(`2001:db8:7::7/${port}`)).toBe(row)
    }
  })
})

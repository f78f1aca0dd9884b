import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  Conversation,
  dnsQueryOverTcp,
  inOrder,
  pcapOf,
  type TimedFrame,
} from '../captures/conversation.ts'
import { goldenCaptures } from '../captures/golden-captures.ts'
import { handshakeConditions } from '../captures/handshake-conditions.ts'
import { compareWithTshark } from './compare-with-tshark.ts'
import { missingTools } from './tools.ts'

const missing = missingTools(['tshark'])
const title = `against tshark${missing ? ` (skipped: ${missing})` : ''}`

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'goldpan-tshark-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

/** Deterministic numbers in [0, 1). */
function createRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

/** What a connection of a generated capture does. */
const stories = {
  pure: (talk, at, rtt) =>
    talk
      .syn(at)
      .synack(at + 90)
      .ack(at + 90 + rtt),
  withTimestamps: (talk, at, rtt) =>
    talk
      .syn(at, { tsVal: 5 })
      .synack(at + 90, { tsVal: 70, tsEcr: 5 })
      .ack(at + 90 + rtt, { tsVal: 6, tsEcr: 70 }),
  withData: (talk, at, rtt) =>
    talk
      .syn(at)
      .synack(at + 90)
      .ack(at + 90 + rtt, { bits: 8, payload: dnsQueryOverTcp }),
  withEcn: (talk, at, rtt) =>
    talk
      .syn(at)
      .synack(at + 90)
      .ack(at + 90 + rtt, { bits: 0xc0 }),
  synMissing: (talk, at, rtt) => talk.synack(at + 90).ack(at + 90 + rtt),
  synRetransmitted: (talk, at, rtt) =>
    talk
      .syn(at)
      .syn(at + 1e6)
      .synack(at + 1e6 + 90)
      .ack(at + 1e6 + 90 + rtt),
  synackRetransmitted: (talk, at, rtt) =>
    talk
      .syn(at)
      .synack(at + 90)
      .synack(at + 1e6 + 90)
      .ack(at + 1e6 + 90 + rtt),
  wrongNumberFirst: (talk, at, rtt) =>
    talk
      .syn(at)
      .synack(at + 90)
      .ack(at + 100, { acknowledgment: 99 })
      .ack(at + 90 + rtt),
  resetByClient: (talk, at, rtt) =>
    talk
      .syn(at)
      .synack(at + 90)
      .clientReset(at + 90 + rtt),
  resetByServer: (talk, at, rtt) =>
    talk
      .syn(at)
      .synack(at + 90)
      .serverReset(at + 5000)
      .ack(at + 90 + rtt),
  halfOpen: (talk, at) =>
    talk
      .syn(at)
      .synack(at + 90)
      .synack(at + 1e6),
  synOnly: (talk, at) => talk.syn(at),
  mirrored: (talk, at, rtt) =>
    talk
      .syn(at, { ipId: 1 })
      .synack(at + 90, { ipId: 2 })
      .synack(at + 130, { ipId: 2 })
      .ack(at + 90 + rtt, { ipId: 3 }),
  fastOpen: (talk, at, rtt) =>
    talk
      .syn(at, { fastOpenCookie: [1, 2, 3, 4, 5, 6, 7, 8], payload: dnsQueryOverTcp })
      .synack(at + 90, { acknowledgment: 1001 + dnsQueryOverTcp.length })
      .ack(at + 90 + rtt, { sequence: 1001 + dnsQueryOverTcp.length, acknowledgment: 5101 }),
} satisfies Record<string, (talk: Conversation, at: number, rtt: number) => Conversation>
const storyNames = Object.keys(stories) as (keyof typeof stories)[]
const plainStories = 6

/** Connections of every story, most of them plain, some on VLANs, some over IPv6. */
function generate(seed: number, connections: number): TimedFrame[] {
  const random = createRandom(seed)
  const pick = (count: number): number => Math.floor(random() * count)
  const frames: TimedFrame[] = []
  for (let index = 0; index < connections; index++) {
    const isIpv6 = pick(3) === 0
    const talk = new Conversation({
      client: isIpv6 ? `2001:db8:${pick(99)}::${pick(9) + 1}` : `198.51.${pick(99)}.${pick(255)}`,
      server: isIpv6 ? '2001:db8:53::53' : '192.0.2.53',
      clientPort: 1024 + index,
      shape: pick(10) === 0 ? { vlans: pick(2) === 0 ? [100, 11] : [11] } : {},
      clientShape: { ttl: 30 + pick(90), paddingBytes: pick(7) },
    })
    const story = random() < 0.7 ? pick(plainStories) : pick(storyNames.length)
    stories[storyNames[story]!](talk, pick(60e6), 600 + pick(400_000))
    frames.push(...talk.frames)
  }
  return inOrder(frames)
}

describe.skipIf(missing)(title, () => {
  it.each([1, 2, 3])('agrees on generated capture %i but for the classes known', async (seed) => {
    const path = join(folder, `${seed}.pcap`)
    writeFileSync(path, pcapOf(generate(seed, 3000)))
    const { unexplained, explained, equalHandshakes } = await compareWithTshark(path)
    expect(unexplained).toEqual([])
    expect(equalHandshakes).toBeGreaterThan(2000)
    expect(Object.keys(explained).sort()).toMatchInlineSnapshot(`
      [
        "fast_open",
        "reset",
        "syn_ack_retransmitted",
      ]
    `)
  })

  it('agrees on the golden captures but for the classes known', async () => {
    const found: Record<string, unknown> = {}
    // A tshark run costs a fifth of a second: each variety of input is left to CI.
    const tried = process.env.CI === 'true' ? goldenCaptures : handshakeConditions()
    for (const { name, damage } of tried) {
      if (damage) continue
      const path = fileURLToPath(new URL(`../captures/${name}`, import.meta.url))
      const { unexplained, explained } = await compareWithTshark(path)
      if (unexplained.length > 0 || Object.keys(explained).length > 0)
        found[name] = unexplained.length > 0 ? unexplained : explained
    }
    expect(found).toMatchInlineSnapshot(`
      {
        "clock-stepped-back-between-syn-acks.pcap": {
          "syn_ack_retransmitted": 1,
        },
        "fast-open-cumulative-ack-of-the-answer.pcap": {
          "fast_open": 1,
        },
        "repeated-after-completion.pcap": {
          "syn_ack_retransmitted": 1,
        },
        "reset-by-the-server.pcap": {
          "reset": 1,
        },
        "rtt-negative.pcap": {
          "out_of_range": 1,
        },
        "rtt-over-ten-seconds.pcap": {
          "out_of_range": 1,
        },
        "rtt-zero.pcap": {
          "rtt_zero": 1,
        },
        "seen-from-the-client.pcap": {
          "client_side": 1,
        },
        "syn-ack-retransmitted-timestamps-answer-none.pcap": {
          "syn_ack_retransmitted": 1,
        },
        "syn-ack-retransmitted-timestamps-answer-the-last.pcap": {
          "syn_ack_retransmitted": 1,
        },
        "syn-ack-retransmitted-timestamps-answer-the-middle.pcap": {
          "syn_ack_retransmitted": 1,
        },
        "syn-ack-retransmitted-timestamps-cut-by-the-snaplen.pcap": {
          "syn_ack_retransmitted": 1,
        },
        "syn-ack-retransmitted-timestamps-equal.pcap": {
          "syn_ack_retransmitted": 1,
        },
        "syn-ack-retransmitted-without-timestamps.pcap": {
          "syn_ack_retransmitted": 1,
        },
        "two-connections-of-one-4-tuple-at-once.pcap": {
          "4_tuple_reused": 1,
        },
      }
    `)
  })
})

/** A folder of captures made by others, such as those that dnscap tests itself with. */
const others = process.env.GOLDPAN_CAPTURES ?? ''
const captures = existsSync(others)
  ? readdirSync(others).filter((name) => name.endsWith('.pcap'))
  : []
const without = captures.length === 0 ? ' (skipped: GOLDPAN_CAPTURES names no folder of them)' : ''

describe.skipIf(missing || captures.length === 0)(`on captures of others${without}`, () => {
  it('agrees with tshark but for those taken at the client', async () => {
    const found: Record<string, unknown> = {}
    for (const name of captures) {
      const path = join(others, name)
      const { unexplained, explained, equalHandshakes } = await compareWithTshark(path)
      expect(unexplained).toEqual([])
      if (equalHandshakes > 0 || Object.keys(explained).length > 0)
        found[name] = { equalHandshakes, ...explained }
    }
    expect(found).toMatchInlineSnapshot(`
      {
        "1qtcppadd.pcap": {
          "client_side": 1,
          "equalHandshakes": 0,
        },
        "dnso1tcp-bighole.pcap": {
          "client_side": 1,
          "equalHandshakes": 0,
        },
        "dnso1tcp-midmiss.pcap": {
          "client_side": 1,
          "equalHandshakes": 0,
        },
        "dnso1tcp.pcap": {
          "client_side": 1,
          "equalHandshakes": 0,
        },
        "dnsotcp-many1pkt.pcap": {
          "client_side": 1,
          "equalHandshakes": 0,
        },
        "dnsotcp-manyopkts.pcap": {
          "client_side": 1,
          "equalHandshakes": 0,
        },
      }
    `)
  })
})

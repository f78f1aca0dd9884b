import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
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

/** What a tap that sees half of the packets, or two copies of them, is told of by the report. */

interface Seen {
  /** What one client and the server exchange, as far as the tap sees it. */
  readonly talk: (talk: Conversation, at: number) => Conversation
  readonly direction: 'inbound only' | 'outbound only' | 'both'
  /** Per conversation. */
  readonly counts: Partial<Record<Counter, number>>
}

type Counter =
  | 'syns'
  | 'synacks'
  | 'completed'
  | 'syn_without_synack'
  | 'synack_without_syn'
  | 'synack_without_ack'
  | 'syn_then_ack_without_synack'

const rtt = 25_000
const cookie = { fastOpenCookie: [1, 2, 3, 4, 5, 6, 7, 8], payload: dnsQueryOverTcp }
const accepted = 1001 + dnsQueryOverTcp.length
const both = 'both'

const conditions: Readonly<Record<string, Seen>> = {
  'everything is seen': {
    talk: (talk, at) =>
      talk
        .syn(at)
        .synack(at + 100)
        .ack(at + rtt),
    direction: both,
    counts: { syns: 1, synacks: 1, completed: 1 },
  },
  'SYNs alone are seen': {
    talk: (talk, at) => talk.syn(at).syn(at + 1e6),
    direction: 'inbound only',
    counts: { syns: 1, syn_without_synack: 1 },
  },
  'what comes in is seen': {
    talk: (talk, at) => talk.syn(at).ack(at + rtt),
    direction: 'inbound only',
    counts: { syns: 1, syn_then_ack_without_synack: 1 },
  },
  'what comes in is seen, and the ACK has data': {
    talk: (talk, at) => talk.syn(at).ack(at + rtt, { payload: dnsQueryOverTcp }),
    direction: 'inbound only',
    counts: { syns: 1, syn_then_ack_without_synack: 1 },
  },
  'what goes out is seen': {
    talk: (talk, at) => talk.synack(at).synack(at + 1e6),
    direction: 'outbound only',
    counts: { synacks: 1, synack_without_syn: 1, synack_without_ack: 1 },
  },
  'SYNs come another way': {
    talk: (talk, at) => talk.synack(at).ack(at + rtt),
    direction: both,
    counts: { synacks: 1, completed: 1, synack_without_syn: 1 },
  },
  'ACKs come another way': {
    talk: (talk, at) => talk.syn(at).synack(at + 100),
    direction: both,
    counts: { syns: 1, synacks: 1, synack_without_ack: 1 },
  },
  'a mirror port copies every packet': {
    talk: (talk, at) =>
      talk
        .syn(at, { ipId: 1 })
        .syn(at + 40, { ipId: 1, ttl: 54, vlans: [7] })
        .synack(at + 100, { ipId: 2 })
        .synack(at + 140, { ipId: 2, ttl: 63, vlans: [7] })
        .ack(at + rtt, { ipId: 3 })
        .ack(at + rtt + 40, { ipId: 3, ttl: 54, vlans: [7] }),
    direction: both,
    counts: { syns: 1, synacks: 1, completed: 1 },
  },
  'Fast Open data is accepted': {
    talk: (talk, at) =>
      talk
        .syn(at, cookie)
        .synack(at + 100, { acknowledgment: accepted })
        .ack(at + rtt, { sequence: accepted }),
    direction: both,
    counts: { syns: 1, synacks: 1, completed: 1 },
  },
  'Fast Open data is refused': {
    talk: (talk, at) =>
      talk
        .syn(at, cookie)
        .synack(at + 100)
        .ack(at + rtt, { payload: dnsQueryOverTcp }),
    direction: both,
    counts: { syns: 1, synacks: 1, completed: 1 },
  },
  'Fast Open SYNs alone are seen': {
    talk: (talk, at) => talk.syn(at, cookie),
    direction: 'inbound only',
    counts: { syns: 1, syn_without_synack: 1 },
  },
  'clients refuse what they did not ask for': {
    talk: (talk, at) =>
      talk
        .syn(at)
        .synack(at + 100)
        .clientReset(at + 200),
    direction: both,
    counts: { syns: 1, synacks: 1 },
  },
  'servers refuse every connection': {
    talk: (talk, at) => talk.syn(at).serverReset(at + 100, { sequence: 0 }),
    direction: 'inbound only',
    counts: { syns: 1, syn_without_synack: 1 },
  },
}

const folder = mkdtempSync(join(tmpdir(), 'goldpan-half-seen-'))
afterAll(() => rmSync(folder, { recursive: true }))

const clients = 20
const names = Object.keys(conditions)
const serverOf = (name: string, family: 4 | 6): string =>
  family === 4 ? `192.0.2.${names.indexOf(name) + 1}` : `2001:db8::${names.indexOf(name) + 1}`

function framesOf(name: string, family: 4 | 6): TimedFrame[] {
  const client = family === 4 ? '198.51.100.7' : '2001:db8:7::7'
  return Array.from({ length: clients }, (_, index) => {
    const ends = { client, server: serverOf(name, family), clientPort: 40_000 + index }
    return conditions[name]!.talk(new Conversation(ends), index * 10_000).frames
  }).flat()
}

let servers: Record<string, unknown>[] = []
beforeAll(() => {
  const frames = names.flatMap((name) => [...framesOf(name, 4), ...framesOf(name, 6)])
  writeFileSync(join(folder, 'all.pcap'), pcapOf(inOrder(frames)))
  const main = fileURLToPath(new URL('../../cli/src/main.ts', import.meta.url))
  const words = ['analyze', 'ams=all.pcap', '--service', 's', '--format', 'json']
  const env = { ...process.env, XDG_STATE_HOME: folder }
  const { stdout } = spawnSync(process.execPath, [main, ...words], { cwd: folder, env })
  servers = JSON.parse(String(stdout)).captures[0].servers
})

describe.each(names)('where %s', (name) => {
  it.each([4, 6] as const)('the report says so of its IPv%i address', (family) => {
    const { direction, counts } = conditions[name]!
    const expected: Record<Counter, number> = {
      ...{ syns: 0, synacks: 0, completed: 0, syn_without_synack: 0, synack_without_syn: 0 },
      ...{ synack_without_ack: 0, syn_then_ack_without_synack: 0 },
    }
    for (const [counter, each] of Object.entries(counts)) {
      expected[counter as Counter] = each * clients
    }
    const address = serverOf(name, family)
    const seen = servers.find((server) => server.address === address)
    expect(seen).toEqual({ address, direction, ...expected })
  })
})

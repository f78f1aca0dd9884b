import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  addressBytes,
  formatAddress,
  formatPrefix,
  type HandshakeBatch,
  handshakePresent,
  type Prefix,
  parseAddress,
  parsePrefix,
  type Result,
} from '@goldpan/core'
import type { BusMessage, Topic } from '@goldpan/runtime'
import {
  decodeHandshakes,
  decodeSensorStatus,
  decodeTraffic,
  HandshakeStreamEncoder,
} from '@goldpan/wire'
import { HandshakeCsvFormatter, handshakeCsvHeader } from '@goldpan/wire/handshake-csv'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  Conversation,
  completeHandshake,
  dnsQueryOverTcp,
  inOrder,
  pcapOf,
  type TimedFrame,
} from '../../../test/captures/conversation.ts'
import { type CaptureToBusOptions, captureToBus } from './capture-to-bus.ts'
import { readHandshakes } from './read-handshakes.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'goldpan-capture-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

function writeInput(name: string, bytes: Uint8Array): string {
  const path = join(folder, name)
  writeFileSync(path, bytes)
  return path
}

const secondMicros = 1e6

/** One handshake a second of clients in turn, each with a query over TCP. */
function handshakesOf(from: number, to: number): TimedFrame[] {
  const frames: TimedFrame[] = []
  for (let index = from; index < to; index++) {
    const client = index % 2 ? `198.51.100.${index % 200}` : `2001:db8:${index % 9}::1`
    const server = index % 2 ? '192.0.2.53' : '2001:db8:53::53'
    const talk = new Conversation({ client, server, clientPort: 20_000 + index })
    completeHandshake(talk, index * secondMicros, 25_000)
    talk.ack(index * secondMicros + 26_000, { payload: dnsQueryOverTcp })
    frames.push(...talk.frames)
  }
  return inOrder(frames)
}

/** By the control bits, 13 bytes into the TCP header behind Ethernet and IPv4 or IPv6. */
const isSynack = (frame: Uint8Array): boolean =>
  frame[14 + (frame[12] === 8 ? 20 : 40) + 13] === 0x12

/** What `goldpan handshakes` prints of an input. */
async function exportOf(input: string, format: 'csv' | 'arrow'): Promise<Uint8Array> {
  const csv = new HandshakeCsvFormatter()
  const arrow = new HandshakeStreamEncoder()
  const parts: Uint8Array[] = format === 'csv' ? [Buffer.from(handshakeCsvHeader)] : []
  const onBatch = (batch: HandshakeBatch): void => {
    parts.push(format === 'csv' ? Uint8Array.from(csv.format(batch)) : arrow.encode(batch))
  }
  await readHandshakes({ inputs: [input], ports: [53], onBatch })
  return Buffer.concat(format === 'csv' ? parts : [...parts, arrow.end()])
}

async function capture(inputs: readonly string[], options: Partial<CaptureToBusOptions> = {}) {
  const messages: BusMessage[] = []
  const result = await captureToBus({
    inputs,
    service: 'ns1.example',
    site: 'ams',
    sensor: 'ams-1',
    ports: [53],
    clients: 'full',
    bus: {
      async send(message) {
        await Promise.resolve()
        messages.push(message)
      },
      end() {},
    },
    ...options,
  })
  if (!result.ok) throw new Error(result.error.message)
  return { messages, summary: result.value, ...decode(messages) }
}

function expectOk<T>(result: Result<T, { readonly reason: string }>): T {
  if (!result.ok) throw new Error(result.error.reason)
  return result.value
}

const ofTopic = (messages: readonly BusMessage[], topic: Topic): BusMessage[] =>
  messages.filter((message) => message.topic === topic)

function decode(messages: readonly BusMessage[]) {
  const handshakes = ofTopic(messages, 'goldpan.handshakes.v1').flatMap((message) => {
    const { batch } = expectOk(decodeHandshakes(message.value))
    return Array.from({ length: batch.length }, (_, row) => ({
      boot: message.boot,
      number: message.firstRow + row,
      client: formatAddress(batch.client, row * addressBytes),
      rttMicros: batch.rttMicros[row]!,
    }))
  })
  const traffic = ofTopic(messages, 'goldpan.traffic.v1').flatMap((message) => {
    const { batch } = expectOk(decodeTraffic(message.value))
    return Array.from({ length: batch.length }, (_, row) => ({
      prefix: formatPrefix(batch.prefix, row * addressBytes),
      tcp: batch.tcpQueries[row]!,
    }))
  })
  const heartbeats = ofTopic(messages, 'goldpan.sensors.v1').flatMap(
    ({ value }) => expectOk(decodeSensorStatus(value)).statuses,
  )
  return { handshakes, traffic, heartbeats }
}

describe('captureToBus', () => {
  it('sends every handshake, its traffic and a heartbeat a minute', async () => {
    const input = writeInput('three-minutes.pcap', pcapOf(handshakesOf(0, 180)))
    const { handshakes, traffic, heartbeats, summary } = await capture([input])
    expect(handshakes.length).toBe(180)
    expect(new Set(handshakes.map((row) => row.rttMicros))).toEqual(new Set([25_000]))
    expect(traffic.reduce((sum, row) => sum + row.tcp, 0)).toBe(180)
    expect(heartbeats.map((beat) => [beat.final, beat.handshakes])).toEqual([
      [false, 60],
      [false, 120],
      [true, 180],
    ])
    expect(summary).toMatchObject({
      packets: 720,
      counters: { handshakes: 180, syns: 180, synacks: 180 },
      isTakenAtClient: false,
      damages: [],
      notes: [],
      firstMicros: 1_767_225_600e6,
      lastMicros: 1_767_225_779e6 + 26_000,
    })
    expect(summary.servers.map((server) => [server.address, server.direction])).toEqual([
      ['2001:db8:53::53', 'both'],
      ['192.0.2.53', 'both'],
    ])
  })

  it('numbers messages without gaps and rows one after the other, per topic', async () => {
    const input = writeInput('numbers.pcap', pcapOf(handshakesOf(0, 100)))
    const { messages } = await capture([input], { rowsMax: 16 })
    const next = new Map<string, { n: number; row: number }>()
    for (const { topic, n, firstRow, rows } of messages) {
      const expected = next.get(topic) ?? { n: 0, row: 0 }
      expect({ n, row: firstRow }).toEqual(expected)
      expect(rows).toBeLessThanOrEqual(16)
      next.set(topic, { n: n + 1, row: firstRow + rows })
    }
    expect(next.get('goldpan.handshakes.v1')).toEqual({ n: 7, row: 100 })
  })

  it('sends the same bytes when a file is read again', async () => {
    const input = writeInput('again.pcap', pcapOf(handshakesOf(0, 200)))
    const [first, second] = [await capture([input]), await capture([input])]
    expect(second.messages).toEqual(first.messages)
    const elsewhere = await capture([input], { site: 'syd' })
    expect(elsewhere.messages[0]!.boot).not.toBe(first.messages[0]!.boot)
  })

  it('sends the rows of a file that has grown under the numbers that they had', async () => {
    const frames = handshakesOf(0, 500)
    const short = await capture([writeInput('grow.pcap', pcapOf(frames.slice(0, 1600)))])
    const long = await capture([writeInput('grow.pcap', pcapOf(frames))])
    expect(short.handshakes.length).toBe(400)
    expect(long.handshakes.slice(0, 400)).toEqual(short.handshakes)
    expect(long.handshakes.length).toBe(500)
  })

  it('gives a handshake to the file that holds its SYN-ACK', async () => {
    const frames = handshakesOf(0, 40)
    const whole = await capture([writeInput('whole.pcap', pcapOf(frames))])
    for (const cut of [58, 59, 60, 61]) {
      const earlier = writeInput('split-1.pcap', pcapOf(frames.slice(0, cut)))
      const later = writeInput('split-2.pcap', pcapOf(frames.slice(cut)))
      const { handshakes } = await capture([later, earlier])
      const boots = new Map<string, number>()
      for (const { boot } of handshakes) boots.set(boot, (boots.get(boot) ?? 0) + 1)
      const first = frames.slice(0, cut).filter(({ frame }) => isSynack(frame)).length
      expect([...boots.values()].sort()).toEqual([first, 40 - first].sort())
      const bare = (rows: typeof handshakes) =>
        rows.map(({ client, rttMicros }) => [client, rttMicros])
      expect(bare(handshakes).sort()).toEqual(bare(whole.handshakes).sort())
    }
  })

  it('leaves no client address or port in any message under prefix', async () => {
    const client = '203.0.113.171'
    const clientPort = 0xd4d5
    const talk = completeHandshake(new Conversation({ client, clientPort }), 0, 20_000)
    const input = writeInput('private.pcap', pcapOf(talk.frames))
    const needles = [parseAddress(client)!.subarray(12), Uint8Array.of(0xd5, 0xd4)]
    const found = (messages: readonly BusMessage[]): boolean[] =>
      needles.map((needle) =>
        messages.some(({ value }) => Buffer.from(value).includes(Buffer.from(needle))),
      )
    expect(found((await capture([input])).messages)).toEqual([true, true])
    const { messages } = await capture([input], { clients: 'prefix' })
    expect(found(messages)).toEqual([false, false])
    const { batch } = expectOk(decodeHandshakes(messages[0]!.value))
    expect(formatPrefix(batch.prefix)).toBe('203.0.113.0/24')
    expect(batch.present[0]! & handshakePresent.client).toBe(0)
  })

  it('keeps excluded clients out of handshakes and traffic, and counts them', async () => {
    const input = writeInput('excluded.pcap', pcapOf(handshakesOf(0, 100)))
    const exclude: Prefix[] = ['198.51.100.0/28', '2001:db8:4::/47'].map(
      (text) => parsePrefix(text)!,
    )
    const all = await capture([input])
    const { handshakes, traffic, summary } = await capture([input], { exclude })
    const isExcluded = (client: string): boolean =>
      /^198\.51\.100\.(?:\d|1[0-5])$/.test(client) || /^2001:db8:[45]:/.test(client)
    const kept = all.handshakes.filter(({ client }) => !isExcluded(client))
    expect(handshakes.map(({ client }) => client)).toEqual(kept.map(({ client }) => client))
    expect(traffic.reduce((sum, row) => sum + row.tcp, 0)).toBe(kept.length)
    expect(summary.counters.excluded_handshakes).toBe(100 - kept.length)
  })

  it('keeps what stood before the damage, and says where it is', async () => {
    const whole = pcapOf(handshakesOf(0, 20))
    const input = writeInput('damaged.pcap', whole.subarray(0, whole.length - 7))
    const { handshakes, summary, heartbeats } = await capture([input])
    expect(handshakes.length).toBe(20)
    expect(summary.damages).toMatchObject([{ message: expect.stringContaining(input) }])
    expect(summary.damages[0]!.byteOffset).toBeLessThan(whole.length - 7)
    expect(heartbeats.at(-1)!.final).toBe(true)
  })

  it.each(['csv', 'arrow'] as const)(
    'takes a %s that another machine exported for the capture',
    async (format) => {
      const input = writeInput('export.pcap', pcapOf(handshakesOf(0, 5000)))
      const direct = await capture([input])
      const exported = writeInput(`export.${format}`, await exportOf(input, format))
      const { handshakes, heartbeats, summary } = await capture([exported])
      const bare = (rows: typeof handshakes) => rows.map(({ boot: _, ...row }) => row)
      expect(bare(handshakes)).toEqual(bare(direct.handshakes))
      expect(heartbeats.length).toBe(direct.heartbeats.length)
      expect(summary).toMatchObject({ counters: { handshakes: 5000 }, damages: [], packets: 0 })
      const again = await capture([exported])
      expect(again.handshakes).toEqual(handshakes)
    },
  )

  it('keeps the rows before the damage of an exported file', async () => {
    const input = writeInput('export.pcap', pcapOf(handshakesOf(0, 100)))
    const csv = await exportOf(input, 'csv')
    const exported = writeInput('damaged.csv', csv.subarray(0, csv.length - 40))
    const { handshakes, summary } = await capture([exported])
    expect(handshakes.length).toBe(99)
    expect(summary.damages[0]!.message).toContain('damaged.csv is damaged at byte')
  })

  it('sends hour by hour of packet time', async () => {
    const frames = [0, 1000, 3700, 3800, 9000].flatMap(
      (second) => completeHandshake(new Conversation(), second * secondMicros, 20_000).frames,
    )
    const { messages } = await capture([writeInput('hours.pcap', pcapOf(frames))])
    const rows = messages
      .filter(({ topic }) => topic === 'goldpan.handshakes.v1')
      .map((m) => m.rows)
    expect(rows).toEqual([2, 2, 1])
  })

  it('stops at an abort without sending the open minute', async () => {
    const stop = new AbortController()
    stop.abort()
    const input = writeInput('abort.pcap', pcapOf(handshakesOf(0, 100)))
    const { messages } = await capture([input], { signal: stop.signal })
    expect(messages).toEqual([])
  })

  it('throws what the bus throws', async () => {
    const input = writeInput('bus.pcap', pcapOf(handshakesOf(0, 10)))
    const bus = { send: () => Promise.reject(new Error('the bus is gone')), end() {} }
    await expect(capture([input], { bus })).rejects.toThrow('the bus is gone')
  })

  it('reports progress up to the size of its inputs', async () => {
    const input = writeInput('progress.pcap', pcapOf(handshakesOf(0, 10)))
    const seen: [number, number | undefined][] = []
    await capture([input], { onProgress: (read, total) => seen.push([read, total]) })
    const [read, total] = seen.at(-1)!
    expect(read).toBe(total)
  })

  it('answers with the error of an input that is not there', async () => {
    await expect(capture([join(folder, 'nothing.pcap')])).rejects.toThrow('nothing.pcap')
  })
})

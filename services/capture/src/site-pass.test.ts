import type { SensorStatus } from '@goldpan/core'
import {
  buildTcpFrame,
  buildUdpFrame,
  createCaptureParser,
  createPcapWriter,
  magicBytes,
  type PacketSink,
} from '@goldpan/packet'
import type { BusMessage } from '@goldpan/runtime'
import { decodeTraffic } from '@goldpan/wire'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BootStream } from './boot-stream.ts'
import { SendQueue } from './send-queue.ts'
import { SitePass } from './site-pass.ts'

const source = { service: 'ns1.example', site: 'ams', sensor: 'ams' }

/** All that a capture makes a sensor send, packet by packet or by the walk over its records. */
async function sentOf(capture: Uint8Array, how: 'packets' | 'walk') {
  const messages: BusMessage[] = []
  const queue = new SendQueue({ send: async (message) => void messages.push(message), end() {} })
  const statuses: SensorStatus[] = []
  const stream = new BootStream('boot', { source, queue, clients: 'full' })
  const pass = new SitePass({ ports: [53], version: '0' })
  stream.addStatus = (status) => void statuses.push(status)
  pass.startFile(stream)
  const sink: PacketSink = how === 'walk' ? pass : { packet: (...packet) => pass.packet(...packet) }
  const created = createCaptureParser(capture.subarray(0, magicBytes))
  if (!created.ok) throw new Error(created.error.reason)
  for (let at = 0, end = 0; end < capture.length; ) {
    end = Math.min(end + 1000, capture.length)
    at = created.value.parse(capture, at, end, sink)
  }
  const { packets, bytes, firstMicros, lastMicros } = pass
  pass.endFile()
  pass.finish()
  await queue.drain()
  const counters = pass.counters()
  return { messages, statuses, counters, packets, bytes, firstMicros, lastMicros }
}

/** A datagram or a segment of a few clients, in one of the shapes that are told apart. */
const drawnFrame = fc.record({
  isUdp: fc.boolean(),
  isIpv6: fc.boolean(),
  fromServer: fc.boolean(),
  client: fc.nat(5),
  serverPort: fc.constantFrom(53, 53, 853),
  flags: fc.constantFrom(0x00, 0x01, 0x80, 0x84, 0x86),
  control: fc.constantFrom(0x02, 0x12, 0x10, 0x18, 0x04),
  payloadBytes: fc.constantFrom(0, 11, 12, 30),
  vlans: fc.array(fc.nat(4094), { maxLength: 2 }),
  unusual: fc.constantFrom('', '', '', 'options', 'fragment', 'mapped'),
  gapSeconds: fc.constantFrom(0, 0, 0, 1, 30, 70, 3700),
  isLate: fc.boolean(),
})

type DrawnFrame = typeof drawnFrame extends fc.Arbitrary<infer Drawn> ? Drawn : never

function addressOf({ isIpv6, unusual }: DrawnFrame, host: number): Uint8Array {
  if (!isIpv6) return Uint8Array.from([10, 0, host, 1])
  if (unusual !== 'mapped') return Uint8Array.from([0x20, 1, 0, host, ...Array(11).fill(0), 1])
  return Uint8Array.from([...Array(10).fill(0), 0xff, 0xff, 10, 0, host, 1])
}

function frameOf(drawn: DrawnFrame): Uint8Array {
  const ends = [addressOf(drawn, drawn.client), addressOf(drawn, 200)]
  const ports = [4000 + drawn.client, drawn.serverPort]
  const from = drawn.fromServer ? 1 : 0
  const isOptional = drawn.unusual === 'options' && !drawn.isIpv6
  const payload = new Uint8Array(drawn.payloadBytes)
  if (payload.length > 2) payload[2] = drawn.flags
  const options = {
    source: ends[from]!,
    destination: ends[1 - from]!,
    sourcePort: ports[from]!,
    destinationPort: ports[1 - from]!,
    vlans: drawn.vlans,
    payload,
    ...(isOptional ? { ipv4OptionBytes: 4 } : {}),
    ...(drawn.unusual === 'fragment' && !drawn.isIpv6 ? { fragmentOffset: 8 } : {}),
  }
  if (drawn.isUdp) return buildUdpFrame(options)
  return buildTcpFrame({ ...options, control: drawn.control, sequence: 7, acknowledgment: 8 })
}

describe('the pass over the packets of a site', () => {
  it('sends the same by the walk over its records as packet by packet', async () => {
    const frames = fc.array(drawnFrame, { maxLength: 80 })
    const snapLength = fc.oneof(fc.constant(262_144), fc.integer({ min: 14, max: 90 }))
    await fc.assert(
      fc.asyncProperty(frames, snapLength, fc.boolean(), async (drawn, length, nanoseconds) => {
        const pcap = createPcapWriter({ snapLength: length, nanoseconds })
        let seconds = 1_767_225_600
        const records = drawn.map((each, index) => {
          seconds += each.gapSeconds
          return pcap.record(seconds - (each.isLate ? 20 : 0), index * 1000, frameOf(each))
        })
        const capture = Buffer.concat([pcap.header, ...records])
        expect(await sentOf(capture, 'walk')).toEqual(await sentOf(capture, 'packets'))
      }),
      { numRuns: 60 },
    )
  })

  it('counts more queries of a minute than wait to be added', async () => {
    const pcap = createPcapWriter({})
    const query = buildUdpFrame({
      source: Uint8Array.from([10, 0, 0, 1]),
      destination: Uint8Array.from([192, 0, 2, 53]),
      sourcePort: 4000,
      destinationPort: 53,
      payload: new Uint8Array(30),
    })
    const records = Array.from({ length: 700 }, () => pcap.record(1_767_225_600, 0, query))
    const { messages } = await sentOf(Buffer.concat([pcap.header, ...records]), 'walk')
    const traffic = messages.find(({ topic }) => topic === 'goldpan.traffic.v1')!
    const decoded = decodeTraffic(traffic.value)
    expect(decoded.ok && [...decoded.value.batch.udpQueries.subarray(0, 2)]).toEqual([700, 0])
  })
})

import { parseAddress } from '@goldpan/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readNeighbour } from './decode-frame.ts'
import { decodeSegment } from './decode-segment.ts'
import { linkType } from './link-type.ts'
import { buildTcpFrame, buildUdpFrame, type FrameOptions } from './packet-builder.ts'
import { control, outcome, Segment } from './segment.ts'
import { readTcpOptions, TcpOptions } from './tcp-option.ts'

const v4 = {
  source: parseAddress('192.0.2.7')!.slice(12),
  destination: parseAddress('198.51.100.53')!.slice(12),
}
const v6 = { source: parseAddress('2001:db8::7')!, destination: parseAddress('2001:db8:53::53')! }
const ports = { sourcePort: 40_000, destinationPort: 53 }
const tcpFields = {
  ...ports,
  control: control.ack | control.psh,
  sequence: 0xfedc_ba98,
  acknowledgment: 0x8000_0001,
  options: { maximumSegmentSize: 1460, timestamps: { tsVal: 7, tsEcr: 0xffff_ffff } },
  payload: new Uint8Array(33),
}

const frames: readonly (readonly [string, Partial<FrameOptions>])[] = [
  ['Ethernet', {}],
  ['802.1Q', { vlans: [11] }],
  ['QinQ', { vlans: [7, 11] }],
  ['SLL', { linkType: linkType.linuxSll }],
  ['SLL with a VLAN', { linkType: linkType.linuxSll, vlans: [5] }],
  ['SLL2', { linkType: linkType.linuxSll2 }],
  ['SLL2 with a VLAN', { linkType: linkType.linuxSll2, vlans: [5] }],
  ['RAW', { linkType: linkType.raw }],
  ['RAW of BSD', { linkType: linkType.rawBsd }],
  ['NULL', { linkType: linkType.null }],
  ['LOOP', { linkType: linkType.loop }],
  ['padding', { paddingBytes: 6 }],
]
const networks: readonly (readonly [string, FrameOptions])[] = [
  ['IPv4', { ...v4, ...ports }],
  ['IPv4 with options', { ...v4, ...ports, ipv4OptionBytes: 12 }],
  ['IPv6', { ...v6, ...ports }],
  ['IPv6 with extension headers', { ...v6, ...ports, extensionHeaders: [0, 43, 60] }],
  ['IPv6, first fragment', { ...v6, ...ports, extensionHeaders: [44] }],
]

function decode(frame: Uint8Array, type: number, captured = frame.length) {
  const segment = new Segment()
  return { segment, result: decodeSegment(segment, frame, 0, captured, type) }
}

describe.each(networks)('a segment over %s', (_network, network) => {
  it.each(frames)('is decoded from %s', (_link, link) => {
    const frame = buildTcpFrame({ ...network, ...link, ...tcpFields, ttl: 57, ipId: 4711 })
    const { segment, result } = decode(frame, link.linkType ?? linkType.ethernet)
    expect(result).toBe(outcome.tcp)
    const address = (offset: number) => [...frame.subarray(offset, offset + network.source.length)]
    expect({
      source: address(segment.sourceOffset),
      destination: address(segment.destinationOffset),
      ports: [segment.sourcePort, segment.destinationPort],
      numbers: [segment.sequence >>> 0, segment.acknowledgment >>> 0],
      control: segment.control,
      payloadBytes: segment.payloadBytes,
      ttl: segment.ttl,
      ipId: segment.ipId,
    }).toEqual({
      source: [...network.source],
      destination: [...network.destination],
      ports: [40_000, 53],
      numbers: [0xfedc_ba98, 0x8000_0001],
      control: control.ack | control.psh,
      payloadBytes: 33,
      ttl: 57,
      ipId: network.source.length === 4 ? 4711 : 0,
    })
    const options = new TcpOptions()
    readTcpOptions(segment, options)
    expect(options).toMatchObject({ hasTimestamps: true, tsVal: 7, tsEcr: -1, cut: false })
  })

  it('has its headers although the capture is cut after them', () => {
    const frame = buildTcpFrame({ ...network, ...tcpFields })
    const { segment, result } = decode(frame, linkType.ethernet, frame.length - 33)
    expect([result, segment.payloadBytes]).toEqual([outcome.tcp, 33])
  })

  it('is truncated, never misread, wherever the capture is cut before', () => {
    const frame = buildTcpFrame({ ...network, ...tcpFields })
    const controlBits = frame.length - 33 - 24 - 20 + 14
    for (let captured = 14; captured < controlBits; captured++) {
      expect([outcome.truncated, outcome.other]).toContain(
        decode(frame, linkType.ethernet, captured).result,
      )
    }
  })
})

describe('a segment', () => {
  it('counts as IPv4 when its addresses are mapped', () => {
    const mapped = { source: parseAddress('192.0.2.7')!, destination: parseAddress('192.0.2.53')! }
    const frame = buildTcpFrame({ ...mapped, ...tcpFields })
    const { segment } = decode(frame, linkType.ethernet)
    expect(segment.family).toBe(4)
    expect([...frame.subarray(segment.sourceOffset, segment.sourceOffset + 4)]).toEqual([
      192, 0, 2, 7,
    ])
  })

  it('takes its payload from the IP length, so padding is none', () => {
    const frame = buildTcpFrame({
      ...v4,
      ...tcpFields,
      payload: new Uint8Array(0),
      paddingBytes: 20,
    })
    expect(decode(frame, linkType.ethernet).segment.payloadBytes).toBe(0)
  })

  it('takes its payload from the capture where offloading left the IP length 0', () => {
    for (const addresses of [v4, v6]) {
      const frame = buildTcpFrame({ ...addresses, ...tcpFields, zeroIpLength: true })
      expect(decode(frame, linkType.ethernet).segment.payloadBytes).toBe(33)
    }
  })

  it('is none in a later fragment', () => {
    const frame = buildTcpFrame({ ...v4, ...tcpFields, fragmentOffset: 3 })
    expect(decode(frame, linkType.ethernet).result).toBe(outcome.other)
  })

  it('has timestamps cut off by a short capture', () => {
    const frame = buildTcpFrame({ ...v4, ...tcpFields })
    const { segment } = decode(frame, linkType.ethernet, 14 + 20 + 24)
    const options = new TcpOptions()
    readTcpOptions(segment, options)
    expect([options.hasTimestamps, options.cut]).toEqual([false, true])
  })

  it('tells a Fast Open cookie', () => {
    const frame = buildTcpFrame({
      ...v4,
      ...tcpFields,
      control: control.syn,
      options: { fastOpenCookie: [1, 2, 3, 4, 5, 6, 7, 8] },
    })
    const options = new TcpOptions()
    readTcpOptions(decode(frame, linkType.ethernet).segment, options)
    expect(options.fastOpen).toBe(true)
  })
})

it('decodes a UDP datagram with its payload by the IP length', () => {
  const frame = buildUdpFrame({ ...v6, ...ports, payload: new Uint8Array(40) })
  const { segment, result } = decode(frame, linkType.ethernet)
  expect([result, segment.payloadBytes, segment.destinationPort]).toEqual([outcome.udp, 40, 53])
})

it('passes over what is neither TCP nor UDP', () => {
  const frame = buildUdpFrame({ ...v4, ...ports, payload: new Uint8Array(4) })
  frame[14 + 9] = 1
  expect(decode(frame, linkType.ethernet).result).toBe(outcome.other)
  expect(decode(new Uint8Array(60).fill(0x12), linkType.ethernet).result).toBe(outcome.other)
})

it('never throws nor reads beyond the capture on any bytes', () => {
  const types = Object.values(linkType)
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 90 }), fc.constantFrom(...types), (bytes, type) => {
      const { segment, result } = decode(bytes, type)
      expect(Object.values(outcome)).toContain(result)
      if (result === outcome.tcp) {
        expect(segment.transportOffset + 14).toBeLessThanOrEqual(bytes.length)
        readTcpOptions(segment, new TcpOptions())
      }
    }),
    { numRuns: 2000 },
  )
})

describe('a neighbour', () => {
  it('is the source of what comes in and the destination of what goes out, with its VLAN', () => {
    const frame = buildTcpFrame({
      ...v4,
      ...tcpFields,
      vlans: [42],
      sourceMac: [2, 1, 1, 1, 1, 1],
      destinationMac: [2, 2, 2, 2, 2, 2],
    })
    const neighbour = { vlan: 0, macOffset: 0 }
    readNeighbour(frame, 0, linkType.ethernet, true, neighbour)
    expect([
      neighbour.vlan,
      ...frame.subarray(neighbour.macOffset, neighbour.macOffset + 6),
    ]).toEqual([42, 2, 1, 1, 1, 1, 1])
    readNeighbour(frame, 0, linkType.ethernet, false, neighbour)
    expect(frame[neighbour.macOffset + 1]).toBe(2)
    readNeighbour(frame, 0, linkType.raw, true, neighbour)
    expect(neighbour).toEqual({ vlan: -1, macOffset: -1 })
  })
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type CaptureParser, createCaptureParser, type PacketSink } from './capture-parser.ts'
import { linkType } from './link-type.ts'
import { createPcapWriter } from './pcap-writer.ts'
import { createPcapngWriter } from './pcapng-writer.ts'

interface Packet {
  readonly seconds: number
  readonly nanoseconds: number
  readonly frame: Uint8Array
}

const packets = fc.array(
  fc.record({
    seconds: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
    nanoseconds: fc.integer({ min: 0, max: 999_999_999 }),
    frame: fc.uint8Array({ maxLength: 120 }),
  }),
  { maxLength: 12 },
)

const concatenate = (parts: readonly Uint8Array[]): Uint8Array =>
  Uint8Array.from(parts.flatMap((part) => [...part]))

interface Seen extends Packet {
  readonly linkType: number
}

function collect(): { seen: Seen[]; sink: PacketSink } {
  const seen: Seen[] = []
  const sink: PacketSink = {
    packet: (buffer, start, captured, type, seconds, nanoseconds) =>
      seen.push({
        seconds,
        nanoseconds,
        linkType: type,
        frame: buffer.slice(start, start + captured),
      }),
  }
  return { seen, sink }
}

function open(bytes: Uint8Array): CaptureParser {
  const parser = createCaptureParser(bytes.subarray(0, 24))
  if (!parser.ok) throw new Error(parser.error.reason)
  return parser.value
}

/** Feeds a capture in pieces, as a reader does. */
function parseInPieces(bytes: Uint8Array, pieceBytes: number) {
  const parser = open(bytes)
  const { seen, sink } = collect()
  let begin = 0
  for (let end = 0; end < bytes.length; ) {
    end = Math.min(end + pieceBytes, bytes.length)
    begin = parser.parse(bytes, begin, end, sink)
  }
  return { seen, parser, left: bytes.length - begin }
}

const truncate = (value: number, unit: number): number => value - (value % unit)

describe.each([
  { name: 'microseconds, little-endian', nanoseconds: false, bigEndian: false },
  { name: 'microseconds, big-endian', nanoseconds: false, bigEndian: true },
  { name: 'nanoseconds, little-endian', nanoseconds: true, bigEndian: false },
  { name: 'nanoseconds, big-endian', nanoseconds: true, bigEndian: true },
])('a pcap in $name', ({ nanoseconds, bigEndian }) => {
  it('gives back every packet, however it is cut into pieces', () => {
    fc.assert(
      fc.property(packets, fc.integer({ min: 1, max: 200 }), (written, pieceBytes) => {
        const writer = createPcapWriter({ nanoseconds, bigEndian, linkType: linkType.raw })
        const records = written.map((p) => writer.record(p.seconds, p.nanoseconds, p.frame))
        const { seen, parser, left } = parseInPieces(
          concatenate([writer.header, ...records]),
          pieceBytes,
        )
        expect(seen).toEqual(
          written.map((p) => ({
            ...p,
            nanoseconds: nanoseconds ? p.nanoseconds : truncate(p.nanoseconds, 1000),
            linkType: linkType.raw,
          })),
        )
        expect([parser.damage, left]).toEqual([undefined, 0])
      }),
    )
  })
})

describe('a damaged pcap', () => {
  const writer = createPcapWriter()
  const good = writer.record(1, 0, new Uint8Array(60))

  it('yields what stood before the damage and tells its offset', () => {
    const bad = Uint8Array.from(good).fill(0xff, 8, 12)
    const { seen, parser } = parseInPieces(concatenate([writer.header, good, bad, good]), 1000)
    expect(seen.length).toBe(1)
    expect(parser.damage).toEqual({
      code: 'BAD_RECORD',
      byteOffset: 24 + 76,
      reason: 'a packet record claims 4294967295 bytes',
    })
  })

  it('leaves a cut last record unconsumed', () => {
    const { seen, parser, left } = parseInPieces(
      concatenate([writer.header, good, good.subarray(0, 40)]),
      7,
    )
    expect([seen.length, parser.damage, parser.position, left]).toEqual([1, undefined, 100, 40])
  })
})

describe.each([{ bigEndian: false }, { bigEndian: true }])('a pcapng (%o)', ({ bigEndian }) => {
  it('gives back packets of several interfaces, each in its own resolution', () => {
    fc.assert(
      fc.property(packets, fc.integer({ min: 1, max: 300 }), (written, pieceBytes) => {
        const writer = createPcapngWriter(
          [
            { resolution: 6 },
            { resolution: 9, linkType: linkType.raw },
            { resolution: 0x80 | 20 },
            { resolution: 3, offsetSeconds: 1000 },
          ],
          { bigEndian },
        )
        const unitsPerSecond = [10n ** 6n, 10n ** 9n, 2n ** 20n, 10n ** 3n]
        const blocks = written.map((p, index) => {
          const units = unitsPerSecond[index % 4]!
          const fraction = (BigInt(p.nanoseconds) * units) / 1_000_000_000n
          return writer.packet(index % 4, BigInt(p.seconds) * units + fraction, p.frame)
        })
        const { seen, parser } = parseInPieces(concatenate([writer.header, ...blocks]), pieceBytes)
        expect(parser.damage).toBeUndefined()
        expect(seen.map(({ frame }) => frame)).toEqual(written.map(({ frame }) => frame))
        for (const [index, packet] of seen.entries()) {
          const wanted = written[index]!
          const unitNanos = [1000, 1, 1e9 / 2 ** 20, 1e6][index % 4]!
          expect(packet.seconds).toBe(wanted.seconds + (index % 4 === 3 ? 1000 : 0))
          expect(wanted.nanoseconds - packet.nanoseconds).toBeLessThan(unitNanos + 1)
          expect(packet.nanoseconds).toBeLessThanOrEqual(wanted.nanoseconds)
          expect(packet.linkType).toBe(index % 4 === 1 ? linkType.raw : linkType.ethernet)
        }
      }),
    )
  })

  it('refuses a packet of an interface that was not declared', () => {
    const writer = createPcapngWriter([{}], { bigEndian })
    const { parser } = parseInPieces(
      concatenate([writer.header, writer.packet(3, 0n, new Uint8Array(4))]),
      1000,
    )
    expect(parser.damage?.reason).toBe('a packet names interface 3, not declared')
    expect(parser.damage?.byteOffset).toBe(writer.header.length)
  })
})

describe('bytes that are no capture', () => {
  it('are refused with the reason', () => {
    expect(createCaptureParser(new TextEncoder().encode('just some text, no capture'))).toEqual({
      ok: false,
      error: { code: 'NOT_A_CAPTURE', reason: 'neither pcap nor pcapng by its first bytes' },
    })
    expect(createCaptureParser(new Uint8Array(0)).ok).toBe(false)
  })

  it('of an unknown link type say which one it is', () => {
    expect(createCaptureParser(createPcapWriter({ linkType: 147 }).header)).toEqual({
      ok: false,
      error: { code: 'UNKNOWN_LINK_TYPE', reason: 'its link type 147 cannot be read' },
    })
  })

  it('never make a parser throw or hang', () => {
    const heads = [createPcapWriter().header, createPcapngWriter([{}]).header]
    fc.assert(
      fc.property(fc.constantFrom(...heads), fc.uint8Array({ maxLength: 400 }), (head, noise) => {
        const { parser, left } = parseInPieces(concatenate([head, noise]), 50)
        expect(parser.position + left).toBe(head.length + noise.length)
      }),
      { numRuns: 500 },
    )
  })
})

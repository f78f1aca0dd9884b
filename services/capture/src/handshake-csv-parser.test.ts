import {
  addressBytes,
  createHandshakeBatch,
  type HandshakeBatch,
  handshakePresent,
  parseAddress,
  parsePacketTime,
  writePrefix,
} from '@goldpan/core'
import { HandshakeCsvFormatter, handshakeCsvHeader } from '@goldpan/wire/handshake-csv'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { HandshakeCsvParser, isHandshakeCsv } from './handshake-csv-parser.ts'

function parse(csv: Buffer, chunkBytes = csv.length) {
  const batch = createHandshakeBatch(256)
  const parser = new HandshakeCsvParser({ rowBatch: () => batch, rowAdded() {} })
  let rest = Buffer.alloc(0)
  for (let at = 0; at < csv.length && !parser.damage; at += chunkBytes) {
    const chunk = Buffer.concat([rest, csv.subarray(at, at + chunkBytes)])
    rest = chunk.subarray(parser.parse(chunk, 0, chunk.length, at + chunkBytes >= csv.length))
  }
  return { batch, parser }
}

const address = fc.oneof(
  fc.uint8Array({ minLength: 16, maxLength: 16 }),
  fc
    .uint8Array({ minLength: 4, maxLength: 4 })
    .map((bytes) => Uint8Array.from([...new Uint8Array(10), 0xff, 0xff, ...bytes])),
)
const row = fc.record({
  time: fc.integer({ min: 0, max: 4e15 }),
  client: address,
  server: address,
  ports: fc.tuple(fc.nat(65_535), fc.nat(65_535)),
  rtt: fc.nat(10_000_000),
  accept: fc.option(fc.nat(60_000_000)),
  hops: fc.option(fc.nat(255)),
  retransmissions: fc.nat(255),
  flags: fc.nat(31),
})
type Row = typeof row extends fc.Arbitrary<infer T> ? T : never

function batchOf(rows: readonly Row[]): HandshakeBatch {
  const batch = createHandshakeBatch(256)
  for (const [index, each] of rows.entries()) {
    batch.timeMicros[index] = each.time
    batch.client.set(each.client, index * addressBytes)
    batch.server.set(each.server, index * addressBytes)
    writePrefix(each.client, 0, batch.prefix, index * addressBytes)
    batch.clientPort[index] = each.ports[0]
    batch.serverPort[index] = each.ports[1]
    batch.rttMicros[index] = each.rtt
    batch.acceptMicros[index] = each.accept ?? 0
    batch.hops[index] = each.hops ?? 0
    batch.synackRetransmissions[index] = each.retransmissions
    batch.flags[index] = each.flags
    let present: number = handshakePresent.client
    if (each.accept !== null) present |= handshakePresent.accept
    if (each.hops !== null) present |= handshakePresent.hops
    batch.present[index] = present
  }
  batch.length = rows.length
  return batch
}

const csvOf = (batch: HandshakeBatch): Buffer =>
  Buffer.concat([Buffer.from(handshakeCsvHeader), new HandshakeCsvFormatter('ams').format(batch)])

const example =
  '2026-01-01T00:00:00.000100Z,,198.51.100.7,40000,192.0.2.53,53,25000,100,9,0,ambiguous\n'

describe('the handshake CSV', () => {
  it('comes back as it was written, in chunks of any size', () => {
    fc.assert(
      fc.property(
        fc.array(row, { maxLength: 20 }),
        fc.integer({ min: 1, max: 200 }),
        (rows, size) => {
          const batch = batchOf(rows)
          const read = parse(csvOf(batch), size)
          expect(read.parser.damage).toBeUndefined()
          expect(read.batch).toEqual(batch)
        },
      ),
    )
  })

  it('may have CRLF, a last line without an end, and more columns behind ours', () => {
    const csv = `${handshakeCsvHeader.trim()},later\r\n${example.trim()},7\r\n${example.trim()}`
    expect(isHandshakeCsv(Buffer.from(csv))).toBe(true)
    const { batch, parser } = parse(Buffer.from(csv))
    expect([parser.damage, batch.length, batch.rttMicros[1], batch.flags[1]]).toEqual([
      undefined,
      2,
      25_000,
      1,
    ])
  })

  it.each([
    ['a line cut short', '2026-01-01T00:00:00.000100Z,,198.51'],
    ['a time that is none', example.replace('2026-01-01', '2026-99-01')],
    ['an address that is none', example.replace('198.51.100.7', '198.51.100.700')],
    ['a port beyond 65535', example.replace('40000', '70000')],
    ['an RTT that is no number', example.replace('25000', '25ms')],
    ['an RTT below zero', example.replace('25000', '-1')],
    ['an RTT left out', example.replace('25000', '')],
    ['a number without end', example.replace('25000', '9'.repeat(400))],
    ['hops beyond a byte', example.replace(',9,', ',256,')],
    ['a line without end', 'x'.repeat(5000)],
  ])('stops at %s, and says where', (_, line) => {
    const before = handshakeCsvHeader + example
    const { batch, parser } = parse(Buffer.from(before + line))
    expect(batch.length).toBe(1)
    expect(parser.damage?.byteOffset).toBe(before.length)
  })

  it.each([
    '2001:db8::1',
    '2001:DB8:0:0::1',
    '2001:0db8:0000:0000:0000:0000:0000:0001',
    '::',
    '1::',
    '::ffff:192.0.2.1',
    '::ffff:c000:201',
    '2001:db8:1:2:3:4:5:6',
    '2001:db8:1:2:3:4:5:6:7',
    '2001:db8:1:2:3:4:5',
    '2001:db8::1::2',
    '2001:db8:::1',
    '20011:db8::1',
    '2001:db8::1:',
    ':2001:db8::1',
    '1:2:3:4::5:6:7:8',
  ])('reads %s as every address is read', (text) => {
    const line = example.replace('198.51.100.7', text)
    const { batch, parser } = parse(Buffer.from(handshakeCsvHeader + example + line))
    const bytes = parseAddress(text)
    expect(parser.damage === undefined).toBe(bytes !== undefined)
    if (bytes) expect(batch.client.subarray(16, 32)).toEqual(bytes)
  })

  it.each([
    '2026-01-01T00:00:59.999999Z',
    '2026-01-01T00:01:00.000000Z',
    '2026-01-01T00:00:00.5Z',
    '2026-01-01T00:00:60.000000Z',
    '2026-01-01T00:00:0a.000000Z',
    '2026-01-01T00:00:07;000000Z',
    '2026-01-01T00:00:07.000000+',
  ])('reads the time %s behind one of its minute as alone', (time) => {
    const line = example.replace('2026-01-01T00:00:00.000100Z', time)
    const { batch, parser } = parse(Buffer.from(handshakeCsvHeader + example + line))
    const micros = parsePacketTime(time)
    expect(parser.damage === undefined).toBe(micros !== undefined)
    if (micros !== undefined) expect(batch.timeMicros[1]).toBe(micros)
  })

  it('passes over rows without a client, counted', () => {
    const hidden = example.replace('198.51.100.7,40000', ',')
    const { batch, parser } = parse(Buffer.from(handshakeCsvHeader + hidden + example))
    expect([batch.length, parser.rowsWithoutClient]).toEqual([1, 1])
  })

  it('is told from anything else by its header', () => {
    expect(isHandshakeCsv(Buffer.from(handshakeCsvHeader))).toBe(true)
    expect(isHandshakeCsv(Buffer.from('code,city,country\n'))).toBe(false)
    expect(isHandshakeCsv(Buffer.alloc(0))).toBe(false)
  })
})

import { crc32 } from 'node:zlib'
import { type BusMessage, type Topic, topics } from './bus.ts'

/**
 * A message on disk: payload bytes and CRC-32 of the payload (two 32-bit numbers, little-endian),
 * then the payload: the bytes of the head (16 bits), the head as JSON, the message as it is sent.
 */

/** The first bytes of every segment; the digit is the version of the format. */
export const segmentMagic: Uint8Array = Buffer.from('GPSPOOL1')
/** Bytes in front of a record's payload. */
export const recordHeaderBytes = 8
/** A payload that claims more is damage. */
export const payloadBytesMax = 300 * 2 ** 20

/** One record's bytes in two parts: what stands in front, and the message itself, not copied. */
export function encodeRecord(message: BusMessage): readonly [Uint8Array, Uint8Array] {
  const { topic, source, boot, n, firstRow, rows, value } = message
  const head = Buffer.from(JSON.stringify({ topic, ...source, boot, n, first_row: firstRow, rows }))
  const front = Buffer.allocUnsafe(recordHeaderBytes + 2 + head.length)
  front.writeUInt32LE(2 + head.length + value.length, 0)
  front.writeUInt16LE(head.length, recordHeaderBytes)
  front.set(head, recordHeaderBytes + 2)
  front.writeUInt32LE(crc32(value, crc32(front.subarray(recordHeaderBytes))), 4)
  return [front, value]
}

/** The message of a payload whose CRC is `crc`; undefined when it is damaged. */
export function decodePayload(payload: Buffer, crc: number): BusMessage | undefined {
  if (payload.length < 2 || crc32(payload) !== crc) return undefined
  const headEnd = 2 + payload.readUInt16LE(0)
  if (headEnd > payload.length) return undefined
  const head = parseHead(payload.toString('utf8', 2, headEnd))
  return head && { ...head, value: payload.subarray(headEnd) }
}

/** What stands in front of a message's bytes, or undefined when it is no such head. */
export function parseHead(text: string): Omit<BusMessage, 'value'> | undefined {
  let head: Record<string, unknown>
  try {
    head = JSON.parse(text) as Record<string, unknown>
  } catch {
    return undefined
  }
  const { topic, service, site, sensor, boot, n, first_row: firstRow, rows } = head
  if (![service, site, sensor, boot].every((word) => typeof word === 'string')) return undefined
  if (![n, firstRow, rows].every((count) => Number.isSafeInteger(count))) return undefined
  if (!topics.includes(topic as Topic)) return undefined
  return {
    topic: topic as Topic,
    source: { service: service as string, site: site as string, sensor: sensor as string },
    boot: boot as string,
    n: n as number,
    firstRow: firstRow as number,
    rows: rows as number,
  }
}

import { createHandshakeBatch, createTrafficBatch } from '@goldpan/core'
import {
  decodeHandshakeStream,
  decodeHandshakes,
  decodeSensorStatus,
  decodeTraffic,
  encodeHandshakes,
  encodeSensorStatus,
  encodeTraffic,
  HandshakeStreamEncoder,
} from '@goldpan/wire'
import { HandshakeCsvFormatter, handshakeCsvHeader } from '@goldpan/wire/handshake-csv'
import { HandshakeCsvParser } from '../../services/capture/src/handshake-csv-parser.ts'
import { type Draws, mutate } from './mutate.ts'

const handshakes = createHandshakeBatch(9)
handshakes.length = 9
handshakes.present.fill(7)
const traffic = createTrafficBatch(5)
traffic.length = 5
const status = { timeMicros: 1, final: true, packets: 1, bytes: 2, handshakes: 3, pending: 0 }
const meta = { service: 's', site: 'x', sensor: 'y', boot: 'z', firstRow: 7 }
const encoder = new HandshakeStreamEncoder()
const stream = Buffer.concat([
  encoder.encode(handshakes),
  encoder.encode(handshakes),
  encoder.end(),
])
const csv = Buffer.concat([
  Buffer.from(handshakeCsvHeader),
  new HandshakeCsvFormatter('ams').format(handshakes),
])
const messages = [
  encodeHandshakes(handshakes, meta),
  encodeTraffic(traffic, meta),
  encodeSensorStatus([{ ...status, counters: { rst: 4 }, version: '1' }], meta),
]

/** A mutated message of each topic: an answer or an error value, never a throw. */
export function fuzzMessage(draws: Draws): void {
  const { bytes } = mutate(draws, draws.pick(messages))
  for (const decode of [decodeHandshakes, decodeTraffic, decodeSensorStatus]) decode(bytes)
}

/** A mutated export in CSV: in chunks of any size the same rows and the same damage. */
export function fuzzCsv(draws: Draws): void {
  const { bytes } = mutate(draws, csv)
  const read = (chunkBytes: number): string => {
    const batch = createHandshakeBatch(2000)
    const parser = new HandshakeCsvParser({ rowBatch: () => batch, rowAdded() {} })
    let rest = Buffer.alloc(0)
    for (let at = 0; at < bytes.length && !parser.damage; at += chunkBytes) {
      const chunk = Buffer.concat([rest, bytes.subarray(at, at + chunkBytes)])
      const isLast = at + chunkBytes >= bytes.length
      rest = chunk.subarray(parser.parse(chunk, 0, chunk.length, isLast))
    }
    const rows = batch.rttMicros.subarray(0, batch.length)
    return JSON.stringify([[...rows], parser.damage?.byteOffset])
  }
  const whole = read(bytes.length + 1)
  if (read(1 + draws.below(99)) !== whole) throw new Error('chunks change the rows')
}

/** A mutated export in Arrow: batches and perhaps one error value, never a throw. */
export async function fuzzStream(draws: Draws): Promise<void> {
  const { bytes } = mutate(draws, stream)
  const chunks = (async function* () {
    const half = draws.below(bytes.length + 1)
    yield await Promise.resolve(bytes.slice(0, half))
    yield bytes.slice(half)
  })()
  for await (const batch of decodeHandshakeStream(chunks)) if (!batch.ok) return
}

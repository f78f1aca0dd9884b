import {
  createTrafficBatch,
  ok,
  type Result,
  type TrafficBatch,
  trafficPresent,
} from '@goldpan/core'
import {
  addressColumn,
  type Column,
  microsOf,
  presenceOf,
  timeColumn,
  unsignedColumn,
} from './arrow-column.ts'
import { decodeMessage, encodeMessage } from './arrow-message.ts'
import type { MessageMeta, WireError } from './message-meta.ts'

export const trafficTopic = 'goldpan.traffic.v1'

const columnTypes = {
  minute: 'Timestamp<MICROSECOND, UTC>',
  prefix: 'FixedSizeBinary[16]',
  udp_queries: 'Uint32',
  tcp_queries: 'Uint32',
  truncated_answers: 'Uint32',
  handshakes: 'Uint32',
  sampling_rate: 'Uint32',
} as const

/** One message of `goldpan.traffic.v1`: a row per client prefix and minute. */
export function encodeTraffic(batch: TrafficBatch, meta: MessageMeta): Uint8Array {
  return encodeMessage(trafficTopic, meta, trafficColumns(batch), batch.length)
}

/** The columns of a batch under their names in the topic and in the table. */
export function trafficColumns(batch: TrafficBatch): Column[] {
  const { length, present } = batch
  const micros = batch.minuteSeconds.subarray(0, length).map((seconds) => seconds * 1e6)
  const count = (name: string, values: Uint32Array, bit: number): Column =>
    unsignedColumn(name, values, length, { present, bit })
  return [
    timeColumn('minute', micros, length),
    addressColumn('prefix', batch.prefix, length, { present, bit: trafficPresent.prefix }),
    count('udp_queries', batch.udpQueries, trafficPresent.udpQueries),
    count('tcp_queries', batch.tcpQueries, trafficPresent.tcpQueries),
    count('truncated_answers', batch.truncatedAnswers, trafficPresent.truncatedAnswers),
    count('handshakes', batch.handshakes, trafficPresent.handshakes),
    unsignedColumn('sampling_rate', batch.samplingRate, length),
  ]
}

export interface DecodedTraffic {
  readonly meta: MessageMeta
  readonly batch: TrafficBatch
}

/** Decodes a message of `goldpan.traffic.v1`; hostile bytes are an error value. */
export function decodeTraffic(bytes: Uint8Array): Result<DecodedTraffic, WireError> {
  const decoded = decodeMessage(trafficTopic, columnTypes, bytes)
  if (!decoded.ok) return decoded
  const { meta, length, column } = decoded.value
  const values = <T>(name: string): T => column(name).values as T
  const micros = microsOf(values<BigInt64Array>('minute').subarray(0, length))
  const batch: TrafficBatch = {
    ...createTrafficBatch(0),
    capacity: length,
    length,
    minuteSeconds: micros.map((value) => value / 1e6),
    prefix: values<Uint8Array>('prefix'),
    udpQueries: values<Uint32Array>('udp_queries'),
    tcpQueries: values<Uint32Array>('tcp_queries'),
    truncatedAnswers: values<Uint32Array>('truncated_answers'),
    handshakes: values<Uint32Array>('handshakes'),
    samplingRate: values<Uint32Array>('sampling_rate'),
    present: new Uint8Array(length),
  }
  presenceOf(column('prefix'), batch.present, trafficPresent.prefix)
  presenceOf(column('udp_queries'), batch.present, trafficPresent.udpQueries)
  presenceOf(column('tcp_queries'), batch.present, trafficPresent.tcpQueries)
  presenceOf(column('truncated_answers'), batch.present, trafficPresent.truncatedAnswers)
  presenceOf(column('handshakes'), batch.present, trafficPresent.handshakes)
  return ok({ meta, batch })
}

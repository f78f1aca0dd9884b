import {
  createHandshakeBatch,
  type HandshakeBatch,
  handshakePresent,
  ok,
  type Result,
} from '@goldpan/core'
import type { Data, DataType } from 'apache-arrow'
import {
  addressColumn,
  type Column,
  dictionaryColumn,
  microsOf,
  presenceOf,
  timeColumn,
  unsignedColumn,
} from './arrow-column.ts'
import { decodeMessage, encodeMessage } from './arrow-message.ts'
import type { MessageMeta, WireError } from './message-meta.ts'

/** Entries of the links' dictionary that are read. */
const linksMax = 4096

export const handshakeTopic = 'goldpan.handshakes.v1'

/** Types of the columns of a handshake, where it is exported too. */
export const handshakeColumnTypes = {
  time: 'Timestamp<MICROSECOND, UTC>',
  prefix: 'FixedSizeBinary[16]',
  client: 'FixedSizeBinary[16]',
  client_port: 'Uint16',
  server: 'FixedSizeBinary[16]',
  server_port: 'Uint16',
  rtt_us: 'Uint32',
  accept_us: 'Uint32',
  hops: 'Uint8',
  synack_retransmissions: 'Uint8',
  flags: 'Uint8',
} as const

const columnTypes = {
  ...handshakeColumnTypes,
  ingress: 'Dictionary<Uint16, Utf8>',
  egress: 'Dictionary<Uint16, Utf8>',
} as const

/** One message of `goldpan.handshakes.v1`: a row per handshake of the batch. */
export function encodeHandshakes(batch: HandshakeBatch, meta: MessageMeta): Uint8Array {
  return encodeMessage(handshakeTopic, meta, handshakeColumns(batch), batch.length)
}

/** The columns of a batch under their names in the topic and in the table. */
export function handshakeColumns(batch: HandshakeBatch): Column[] {
  const { length, present } = batch
  const client = { present, bit: handshakePresent.client }
  return [
    timeColumn('time', batch.timeMicros, length),
    addressColumn('prefix', batch.prefix, length),
    addressColumn('client', batch.client, length, client),
    unsignedColumn('client_port', batch.clientPort, length, client),
    addressColumn('server', batch.server, length),
    unsignedColumn('server_port', batch.serverPort, length),
    unsignedColumn('rtt_us', batch.rttMicros, length),
    unsignedColumn('accept_us', batch.acceptMicros, length, {
      present,
      bit: handshakePresent.accept,
    }),
    unsignedColumn('hops', batch.hops, length, { present, bit: handshakePresent.hops }),
    unsignedColumn('synack_retransmissions', batch.synackRetransmissions, length),
    unsignedColumn('flags', batch.flags, length),
    dictionaryColumn('ingress', { texts: batch.links, keys: batch.ingress, id: 1 }, length, {
      present,
      bit: handshakePresent.ingress,
    }),
    dictionaryColumn('egress', { texts: batch.links, keys: batch.egress, id: 2 }, length, {
      present,
      bit: handshakePresent.egress,
    }),
  ]
}

export interface DecodedHandshakes {
  readonly meta: MessageMeta
  readonly batch: HandshakeBatch
}

/** Decodes a message of `goldpan.handshakes.v1`; hostile bytes are an error value. */
export function decodeHandshakes(bytes: Uint8Array): Result<DecodedHandshakes, WireError> {
  const decoded = decodeMessage(handshakeTopic, columnTypes, bytes)
  if (!decoded.ok) return decoded
  const { meta, length, column } = decoded.value
  const batch: HandshakeBatch = {
    ...batchOfColumns(column, length),
    ingress: column('ingress').values as Uint16Array,
    egress: column('egress').values as Uint16Array,
    links: decodeLinks(column('ingress')),
  }
  presenceOf(column('ingress'), batch.present, handshakePresent.ingress)
  presenceOf(column('egress'), batch.present, handshakePresent.egress)
  return ok({ meta, batch })
}

/** The batch whose columns these are, without links; it shares their memory. */
export function batchOfColumns(
  column: (name: string) => Data<DataType>,
  length: number,
): HandshakeBatch {
  const values = <T>(name: string): T => column(name).values as T
  const batch: HandshakeBatch = {
    ...createHandshakeBatch(0),
    capacity: length,
    length,
    timeMicros: microsOf(values<BigInt64Array>('time').subarray(0, length)),
    client: values<Uint8Array>('client'),
    clientPort: values<Uint16Array>('client_port'),
    prefix: values<Uint8Array>('prefix'),
    server: values<Uint8Array>('server'),
    serverPort: values<Uint16Array>('server_port'),
    rttMicros: values<Uint32Array>('rtt_us'),
    acceptMicros: values<Uint32Array>('accept_us'),
    hops: values<Uint8Array>('hops'),
    synackRetransmissions: values<Uint8Array>('synack_retransmissions'),
    flags: values<Uint8Array>('flags'),
    present: new Uint8Array(length),
  }
  presenceOf(column('client'), batch.present, handshakePresent.client)
  presenceOf(column('accept_us'), batch.present, handshakePresent.accept)
  presenceOf(column('hops'), batch.present, handshakePresent.hops)
  return batch
}

/** Both columns carry the same dictionary. Its length is a claim of the message: it is bounded. */
function decodeLinks({ dictionary }: Data<DataType>): string[] {
  const length = Math.min(dictionary?.length ?? 0, linksMax)
  return Array.from({ length }, (_, index) => String(dictionary!.get(index)))
}

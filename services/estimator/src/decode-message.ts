import type { HandshakeBatch, Result, SensorStatus, TrafficBatch } from '@goldpan/core'
import { err, ok } from '@goldpan/core'
import type { Topic } from '@goldpan/runtime'
import {
  decodeHandshakes,
  decodeSensorStatus,
  decodeTraffic,
  type MessageMeta,
  type WireError,
} from '@goldpan/wire'

export type Rows = HandshakeBatch | TrafficBatch | readonly SensorStatus[]

export interface DecodedRows {
  readonly meta: MessageMeta
  readonly rows: Rows
}

/** What stands in a message of a topic; hostile bytes are an error value. */
export function decodeMessageRows(topic: Topic, value: Uint8Array): Result<DecodedRows, WireError> {
  switch (topic) {
    case 'goldpan.handshakes.v1': {
      const decoded = decodeHandshakes(value)
      return decoded.ok ? ok({ meta: decoded.value.meta, rows: decoded.value.batch }) : decoded
    }
    case 'goldpan.traffic.v1': {
      const decoded = decodeTraffic(value)
      return decoded.ok ? ok({ meta: decoded.value.meta, rows: decoded.value.batch }) : decoded
    }
    case 'goldpan.sensors.v1': {
      const decoded = decodeSensorStatus(value)
      return decoded.ok ? ok({ meta: decoded.value.meta, rows: decoded.value.statuses }) : decoded
    }
    default:
      return err({ code: 'WRONG_VERSION', reason: `${String(topic)} is no topic of ours` })
  }
}

export const isBatch = (rows: Rows): rows is HandshakeBatch | TrafficBatch => 'capacity' in rows

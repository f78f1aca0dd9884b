import {
  err,
  type LiveStatus,
  ok,
  type Result,
  type SensorStatus,
  type TrafficMode,
  trafficModes,
} from '@goldpan/core'
import { Utf8, vectorFromArray } from 'apache-arrow'
import { microsOf, timeColumn } from './arrow-column.ts'
import { decodeMessage, encodeMessage } from './arrow-message.ts'
import type { MessageMeta, WireError } from './message-meta.ts'

export const sensorTopic = 'goldpan.sensors.v1'

const columnTypes = { time: 'Timestamp<MICROSECOND, UTC>', status: 'Utf8' } as const

/** One message of `goldpan.sensors.v1`: a heartbeat a row; its counters grow, so they are JSON. */
export function encodeSensorStatus(
  statuses: readonly SensorStatus[],
  meta: MessageMeta,
): Uint8Array {
  const micros = Float64Array.from(statuses, (status) => status.timeMicros)
  const texts = statuses.map(({ timeMicros: _, ...status }) => JSON.stringify(status))
  const columns = [
    timeColumn('time', micros, statuses.length),
    { name: 'status', data: vectorFromArray(texts, new Utf8()).data[0]! },
  ]
  return encodeMessage(sensorTopic, meta, columns, statuses.length)
}

export interface DecodedSensorStatus {
  readonly meta: MessageMeta
  readonly statuses: readonly SensorStatus[]
}

/** Decodes a message of `goldpan.sensors.v1`; hostile bytes are an error value. */
export function decodeSensorStatus(bytes: Uint8Array): Result<DecodedSensorStatus, WireError> {
  const decoded = decodeMessage(sensorTopic, columnTypes, bytes)
  if (!decoded.ok) return decoded
  const { meta, length, column } = decoded.value
  const micros = microsOf((column('time').values as BigInt64Array).subarray(0, length))
  const { values, valueOffsets } = column('status')
  const decoder = new TextDecoder()
  const statuses: SensorStatus[] = []
  for (let row = 0; row < length; row++) {
    const text = decoder.decode(
      (values as Uint8Array).subarray(valueOffsets[row], valueOffsets[row + 1]),
    )
    const status = parseStatus(text, micros[row]!)
    if (!status) return err({ code: 'WRONG_SCHEMA', reason: `its heartbeat ${row} is no status` })
    statuses.push(status)
  }
  return ok({ meta, statuses })
}

const isCount = (value: unknown): value is number =>
  typeof value === 'number' && Number.isFinite(value) && value >= 0

function parseStatus(text: string, timeMicros: number): SensorStatus | undefined {
  let status: Partial<SensorStatus>
  try {
    status = JSON.parse(text) as Partial<SensorStatus>
  } catch {
    return undefined
  }
  const { packets, bytes, handshakes, counters, pending, final, version } = status
  const counts = [packets, bytes, handshakes, pending]
  if (!counts.every(isCount) || typeof counters !== 'object' || counters === null) return undefined
  if (!Object.values(counters).every(isCount) || typeof version !== 'string') return undefined
  return {
    ...liveStatusOf(status),
    timeMicros,
    final: final === true,
    packets: packets!,
    bytes: bytes!,
    handshakes: handshakes!,
    counters,
    pending: pending!,
    version,
  }
}

const liveCounts = [
  ...['kernelDrops', 'passiveOpens', 'pendingMax', 'clockSteps', 'samplingRate', 'cpuShare'],
] as readonly (keyof LiveStatus)[]
const liveTexts = ['timestampType', 'platform'] as const
/** Characters of a text that are kept: a message's claim is no bound. */
const textMax = 200

/** What is sound of a live sensor's own fields; what is not is left out, as if it were unknown. */
function liveStatusOf(status: Partial<SensorStatus>): LiveStatus {
  const live: Record<string, unknown> = {}
  for (const name of liveCounts) if (isCount(status[name])) live[name] = status[name]
  for (const name of liveTexts) {
    const text = status[name]
    if (typeof text === 'string') live[name] = text.slice(0, textMax)
  }
  const { clockOffsetMicros, trafficMode } = status
  if (Number.isFinite(clockOffsetMicros)) live.clockOffsetMicros = clockOffsetMicros
  if (trafficModes.includes(trafficMode as TrafficMode)) live.trafficMode = trafficMode
  return live
}

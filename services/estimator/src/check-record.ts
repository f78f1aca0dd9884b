import { err, ok, type Result } from '@goldpan/core'
import type { Source, Topic } from '@goldpan/runtime'
import type { BusRecord } from '@goldpan/runtime/kafka'
import type { WireError } from '@goldpan/wire'
import { bootKey } from './boot-ledger.ts'
import { decodeMessageRows, isBatch, type Rows } from './decode-message.ts'
import type { LineMessage } from './range-line.ts'

/** Why a message goes to the dead letters: it is zero rows of its range. */
export const deadReasons = [
  ...(['not_arrow', 'wrong_schema', 'wrong_version', 'too_large'] as const),
  /** Its key names another sensor than its metadata. */
  'wrong_key',
  /** A name or link that is empty or too long. */
  'wrong_name',
  /** Its rows lie in more days than one insert may touch. */
  'too_many_days',
  /** A record batch of the bus, as one: it inflates to more than a bound, or cannot be read. */
  ...(['batch_too_large', 'batch_unreadable'] as const),
] as const
export type DeadReason = (typeof deadReasons)[number]

/** A message of a partition, decoded and believed, or dead. */
export interface CheckedRecord extends LineMessage {
  readonly source: Source
  readonly bootName: string
  readonly decoded: Rows
  /** When the bus took it. */
  readonly busMillis: number
  /** How far the sensor's clock was ahead of the bus when it was sent; where it said so. */
  readonly aheadMillis?: number | undefined
  /** The sensor's clock is wrong: its rows are kept apart. */
  readonly isClockWrong: boolean
  readonly dead?: DeadLetter
}

export interface DeadLetter {
  readonly reason: DeadReason
  /** The key as it came. */
  readonly key: string
  readonly timestampMillis: number
  /** Of the message. */
  readonly bytes: number
  /** The message, where it can be replayed after an upgrade. */
  readonly value?: Uint8Array
}

/** Characters of a name; the engine keeps each in a dictionary. */
const nameCharsMax = 255
const linkCharsMax = 64
/** Days that the rows of one message may lie in; a sensor flushes every hour. */
export const messageDaysMax = 16
/** The table of dead letters holds no later times. */
const timestampMillisMax = 2 ** 32 * 1e3
/** A live sensor's clock that differs more from the broker's is wrong. */
const clockMillisMax = 60_000
/** Rows are the sensor's present when its own clock says so; others are replayed. */
const presentMillisMax = 3_600_000

/** Decodes and checks a record; whatever is wrong with it becomes a dead letter. */
export function checkRecord(topic: Topic, record: BusRecord, nowMillis: number): CheckedRecord {
  if (record.refusal) {
    const where = { offset: record.offset, bytes: 0, arrivedMillis: nowMillis }
    return {
      ...where,
      busMillis: record.timestampMillis,
      ...dead(record, record.refusal, new Uint8Array(0)),
    }
  }
  const common = {
    ...{ offset: record.offset, bytes: record.value.length },
    ...{ arrivedMillis: nowMillis, busMillis: record.timestampMillis },
  }
  // A copy: the record lies anywhere in a large buffer, columns must be aligned.
  const value = new Uint8Array(record.value)
  const decoded = decodeMessageRows(topic, value)
  if (!decoded.ok) return { ...common, ...dead(record, deadReasonOf(decoded.error), value) }
  const { meta, rows } = decoded.value
  const { service, site, sensor, boot } = meta
  const problem = findProblem(record, meta, rows)
  if (problem) return { ...common, ...dead(record, problem, value) }
  const days = daysOf(rows)
  if (!days.ok) return { ...common, ...dead(record, days.error, value) }
  const aheadMillis = aheadOf(record)
  return {
    ...common,
    source: { service, site, sensor },
    bootName: boot,
    boot: bootKey(service, site, sensor, boot),
    firstRow: meta.firstRow,
    rows: rows.length,
    days: days.value,
    decoded: rows,
    aheadMillis,
    isClockWrong: aheadMillis !== undefined && isClockWrong(aheadMillis, record, rows),
  }
}

const codeReasons: Readonly<Record<WireError['code'], DeadReason>> = {
  NOT_ARROW: 'not_arrow',
  WRONG_SCHEMA: 'wrong_schema',
  WRONG_VERSION: 'wrong_version',
  TOO_LARGE: 'too_large',
}
const deadReasonOf = ({ code }: WireError): DeadReason => codeReasons[code]

function dead(record: BusRecord, reason: DeadReason, value: Uint8Array) {
  const { key } = record
  // A sender's own, on a topic that others made.
  const timestampMillis = Math.min(Math.max(record.timestampMillis, 0), timestampMillisMax) || 0
  const letter: DeadLetter = {
    ...{ reason, key: key.slice(0, 4 * nameCharsMax), timestampMillis, bytes: value.length },
    ...(reason === 'wrong_version' ? { value } : {}),
  }
  const source = { service: '', site: '', sensor: '' }
  return {
    ...{ source, bootName: '', rows: 0, firstRow: 0, days: [], decoded: [] },
    ...{ isClockWrong: false, dead: letter },
  }
}

function findProblem(
  { key }: BusRecord,
  meta: Source & { readonly boot: string },
  rows: Rows,
): DeadReason | undefined {
  const { service, site, sensor, boot } = meta
  const isName = (text: string): boolean => text.length > 0 && text.length <= nameCharsMax
  if (![service, site, sensor, boot].every(isName)) return 'wrong_name'
  if ('links' in rows && rows.links.some((link) => link.length > linkCharsMax)) return 'wrong_name'
  if (key !== `${service}/${site}/${sensor}`) return 'wrong_key'
  return undefined
}

const daySeconds = 86_400

/** The days of the rows; rows of live sensors lie in one or two. */
function daysOf(rows: Rows): Result<number[], DeadReason> {
  const days = new Set<number>()
  const divisor = daySeconds * ('minuteSeconds' in rows ? 1 : 1e6)
  const times = timesOf(rows)
  let last = Number.NaN
  for (let row = 0; row < times.length; row++) {
    const day = Math.floor(times[row]! / divisor)
    if (day === last) continue
    last = day
    days.add(day)
    if (days.size > messageDaysMax) return err('too_many_days')
  }
  return ok([...days])
}

function timesOf(rows: Rows): Float64Array {
  if (!isBatch(rows)) return Float64Array.from(rows, ({ timeMicros }) => timeMicros)
  const times = 'minuteSeconds' in rows ? rows.minuteSeconds : rows.timeMicros
  return times.subarray(0, rows.length)
}

/** A sensor stamps each message when it sends it, the broker when it arrives. */
function aheadOf({ headers, timestampMillis }: BusRecord): number | undefined {
  const sentMillis = Number(headers.sent ?? Number.NaN)
  return Number.isFinite(sentMillis) ? sentMillis - timestampMillis : undefined
}

/**
 * Whether the clock of a live sensor is wrong. Messages that replay the past say nothing about
 * their rows' clock.
 */
function isClockWrong(aheadMillis: number, { timestampMillis }: BusRecord, rows: Rows): boolean {
  if (Math.abs(aheadMillis) <= clockMillisMax) return false
  const times = timesOf(rows)
  const newest = times[times.length - 1]! * ('minuteSeconds' in rows ? 1e3 : 1e-3)
  return Math.abs(newest - (timestampMillis + aheadMillis)) < presentMillisMax
}

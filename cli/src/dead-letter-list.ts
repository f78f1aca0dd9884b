import { formatPacketTime } from '@goldpan/core'
import type { BusRecord } from '@goldpan/runtime/kafka'

/** One dead letter, as `goldpan deadletters --format json` has it. */
export interface DeadLetterEntry {
  /** When the message arrived at the bus. */
  readonly time: string
  readonly reason: string
  /** Where the message stands. */
  readonly topic: string
  readonly partition: number
  readonly offset: number
  /** The key of the message: `service/site/sensor`, as it came. */
  readonly sensor: string
  /** Of the message. */
  readonly bytes: number
  /** Whether the letter holds the message, which its topic may have forgotten. */
  readonly whole: boolean
}

export function toEntry({ key, value, headers, timestampMillis }: BusRecord): DeadLetterEntry {
  const number = (name: string): number => Number(headers[name] ?? Number.NaN)
  const { reason = '', topic = '' } = headers
  return {
    time: formatPacketTime((number('arrived') || timestampMillis) * 1000),
    ...{ reason, topic, partition: number('partition'), offset: number('offset') },
    ...{ sensor: key, bytes: number('bytes') || value.length, whole: value.length > 0 },
  }
}

/** What a sender gave may hold anything, a terminal's commands too. */
const printable = (text: string): string => text.replaceAll(/[^\p{L}\p{N}\p{P}\p{S} ]/gu, '?')

const numeric = new Set(['partition', 'offset', 'bytes'])

/** A table, and how many there are of each reason. */
export function formatDeadLetters(entries: readonly DeadLetterEntry[]): string {
  if (entries.length === 0) return 'no dead letters\n'
  const columns = ['time', 'reason', 'topic', 'partition', 'offset', 'sensor', 'bytes'] as const
  const rows = [
    [...columns, 'held'],
    ...entries.map((entry) => [
      ...columns.map((column) => printable(String(entry[column]))),
      entry.whole ? 'whole' : 'place',
    ]),
  ]
  const widths = rows[0]!.map((_, at) => Math.max(...rows.map((row) => row[at]!.length)))
  const lines = rows.map((row) =>
    row
      .map((cell, at) =>
        numeric.has(rows[0]![at]!) ? cell.padStart(widths[at]!) : cell.padEnd(widths[at]!),
      )
      .join('  ')
      .trimEnd(),
  )
  const counts = Map.groupBy(entries, ({ reason }) => reason)
  const sums = [...counts].map(([reason, { length }]) => `${length} ${printable(reason)}`)
  return `${lines.join('\n')}\n\n${entries.length} dead letters: ${sums.join(', ')}\n`
}

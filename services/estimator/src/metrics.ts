import type { Metrics, Topic } from '@goldpan/runtime'
import type { RejectCounts } from './block.ts'
import type { CheckedRecord, DeadReason } from './check-record.ts'
import type { MissingCopy } from './letter-copies.ts'
import type { Range } from './range-line.ts'

/** What moves in an estimator, each with a counter. */
export interface EstimatorMetrics {
  lag(topic: Topic, partition: number, messages: number): void
  concluded(topic: Topic, done: ConcludedRange): void
  inserted(topic: Topic, seconds: number): void
  insertRetried(): void
  expired(topic: Topic, messages: number): void
  rebuilt(): void
  /** Letters stand in the warehouse alone. */
  notCopied(reason: MissingCopy, letters: number): void
  /** Sensors whose clock is wrong now. */
  wrongClocks(sensors: number): void
  /** Partitions that are ours now. */
  owned(partitions: number): void
  activeParts(parts: number): void
}

export interface ConcludedRange {
  readonly range: Range<CheckedRecord>
  /** Rows of the block. */
  readonly rows: number
  readonly rejected: RejectCounts
}

/** Whatever is dropped, or kept apart, says at which stage and why. */
const dropLabels = ['topic', 'stage', 'reason'] as const

/** Where one counter has one reason. */
const dropped = {
  duplicate: { stage: 'row', reason: 'duplicate' },
  missing: { stage: 'sensor', reason: 'left_out' },
  clock: { stage: 'row', reason: 'clock' },
  expired: { stage: 'topic', reason: 'expired' },
} as const

/** A batch of the bus is refused as such; all else is seen once a message is decoded. */
const stageOf = (reason: DeadReason): string =>
  reason === 'batch_too_large' || reason === 'batch_unreadable' ? 'topic' : 'batch'

/** The metrics of `goldpan estimate`. */
export function createEstimatorMetrics(metrics: Metrics): EstimatorMetrics {
  const counter = <Label extends string>(name: string, help: string, labels: readonly Label[]) =>
    metrics.counter<Label>({ name, help, labels })
  const rows = counter('rows_total', 'Rows inserted into the warehouse.', ['topic'])
  const ranges = counter('ranges_total', 'Ranges of messages committed.', ['topic'])
  const duplicates = counter('duplicate_rows_total', 'Rows given before, dropped.', dropLabels)
  const missing = counter('missing_rows_total', 'Rows that sensors left out.', dropLabels)
  const rejected = counter('rejected_rows_total', 'Rows not believed.', dropLabels)
  const clock = counter(
    'wrong_clock_rows_total',
    'Rows kept apart: their clock is wrong.',
    dropLabels,
  )
  const dead = counter('dead_letters_total', 'Messages not taken.', dropLabels)
  const notCopied = counter(
    'dead_letters_not_copied_total',
    'Dead letters in the warehouse alone: their topic did not take them.',
    ['stage', 'reason'],
  )
  const expired = counter(
    'expired_messages_total',
    'Messages gone before they were read.',
    dropLabels,
  )
  const retries = counter('retries_total', 'Tries of the warehouse that failed.', [])
  const rebuilds = counter('rebuilds_total', 'Clients of the bus that were replaced.', [])
  const lag = metrics.gauge<'topic' | 'partition'>({
    name: 'lag_messages',
    help: 'Messages of a partition that are not in the warehouse yet.',
    labels: ['topic', 'partition'],
  })
  const wrongClocks = metrics.gauge({
    name: 'wrong_clock_sensors',
    help: 'Sensors whose clock is wrong now; the log names them.',
  })
  const owned = metrics.gauge({ name: 'partitions', help: 'Partitions of this member.' })
  const parts = metrics.gauge({ name: 'active_parts', help: 'Most active parts of a partition.' })
  const insertSeconds = metrics.histogram<'topic'>({
    name: 'insert_seconds',
    help: 'Time until a block and its ledger were in the warehouse.',
    labels: ['topic'],
    buckets: [0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30],
  })
  return {
    lag: (topic, partition, messages) => lag.set({ topic, partition }, Math.max(messages, 0)),
    inserted: (topic, seconds) => insertSeconds.observe({ topic }, seconds),
    insertRetried: () => retries.inc(),
    expired: (topic, messages) => expired.inc({ topic, ...dropped.expired }, messages),
    rebuilt: () => rebuilds.inc(),
    notCopied: (reason, letters) => notCopied.inc({ stage: 'letter', reason }, letters),
    wrongClocks: (sensors) => wrongClocks.set(sensors),
    owned: (partitions) => owned.set(partitions),
    activeParts: (count) => parts.set(count),
    concluded(topic, { range, rows: inserted, rejected: reasons }) {
      ranges.inc({ topic })
      rows.inc({ topic }, inserted)
      duplicates.inc({ topic, ...dropped.duplicate }, range.duplicateRows)
      missing.inc({ topic, ...dropped.missing }, range.missingRows)
      for (const [reason, count] of Object.entries(reasons)) {
        rejected.inc({ topic, stage: 'row', reason }, count)
      }
      for (const { dead: letter, isClockWrong, rows: count } of range.messages) {
        if (letter) dead.inc({ topic, stage: stageOf(letter.reason), reason: letter.reason })
        if (isClockWrong) clock.inc({ topic, ...dropped.clock }, count)
      }
    },
  }
}

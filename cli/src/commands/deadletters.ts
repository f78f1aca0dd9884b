import { err, formatPacketTime, ok, type Result } from '@goldpan/core'
import { deadLetterTopic } from '@goldpan/runtime'
import { busSection, readConfig } from '@goldpan/runtime/config'
import { type KafkaOptions, noLog, readBusOptions, readTopic } from '@goldpan/runtime/kafka'
import { type DeadLetterEntry, formatDeadLetters, toEntry } from '../dead-letter-list.ts'
import { noDuration, parseDurationMicros } from '../duration.ts'
import { exitCode } from '../exit-code.ts'
import { complain } from '../standard-error.ts'

export interface DeadLettersOptions {
  readonly from?: string
  readonly reason?: string
  /** A duration before now, such as `7d`. */
  readonly since?: string
  readonly format: 'text' | 'json'
  readonly config?: string
}

/** Prints what lies on the topic of dead letters. */
export async function run(options: DeadLettersOptions): Promise<number> {
  const sinceMicros = parseDurationMicros(options.since)
  if (sinceMicros === undefined) {
    complain(noDuration(options.since))
    return exitCode.usage
  }
  const bus = readBus(options)
  const read = bus.ok ? await readLetters(bus.value) : bus
  if (!read.ok) {
    complain(read.error)
    return exitCode.failed
  }
  const first = formatPacketTime(Math.max(Date.now() * 1000 - sinceMicros, 0))
  const wanted = read.value.filter(
    ({ time, reason }) => time >= first && (options.reason ?? reason) === reason,
  )
  process.stdout.write(
    options.format === 'json' ? `${JSON.stringify(wanted, null, 2)}\n` : formatDeadLetters(wanted),
  )
  return exitCode.done
}

function readBus({ config: file, from }: DeadLettersOptions): Result<KafkaOptions, string> {
  const overrides = { 'bus.url': from }
  const read = readConfig({ bus: busSection }, { file, env: process.env, overrides })
  if (!read.ok) return err(read.error.message)
  const bus = readBusOptions(read.value.config.bus)
  if (!bus.ok) return bus
  if (bus.value.kind === 'kafka') return ok(bus.value.kafka)
  return err('the bus is a folder, and has no dead letters: name one of brokers with --from')
}

/** The letters, oldest first; one that was written again counts once. */
async function readLetters(
  options: KafkaOptions,
): Promise<Result<readonly DeadLetterEntry[], string>> {
  const entries = new Map<string, DeadLetterEntry>()
  const read = await readTopic({
    ...options,
    log: noLog,
    topic: deadLetterTopic,
    take: (record) => {
      const entry = toEntry(record)
      const place = `${entry.topic}/${entry.partition}/${entry.offset}`
      if (!entries.has(place)) entries.set(place, entry)
    },
  })
  if (!read.ok) return err(`the bus cannot be read: ${read.error.reason}; ask goldpan doctor`)
  if (!read.value) {
    return err(
      `the bus has no topic ${deadLetterTopic}: an estimator makes it when it starts, if it may; ` +
        'the table dead_letters names all letters, too',
    )
  }
  return ok([...entries.values()].sort((left, right) => (left.time < right.time ? -1 : 1)))
}

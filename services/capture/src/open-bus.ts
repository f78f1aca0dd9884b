import { err, ok, type Result } from '@goldpan/core'
import {
  type BusSender,
  createSpool,
  type Log,
  openFileBus,
  type Source,
  type Spool,
  SpoolFolder,
} from '@goldpan/runtime'
import {
  type ConfiguredBus,
  createKafkaSender,
  type KafkaSenderMetrics,
} from '@goldpan/runtime/kafka'

export interface SensorBus {
  readonly sender: BusSender
  readonly spool?: Spool
  /** Losses on the way to the bus, for heartbeats. */
  counters(): Readonly<Record<string, number>>
  /** Sends what waits, at most this long; what is left stays on disk. */
  close(millisMax: number): Promise<void>
}

export interface SensorBusOptions {
  readonly bus: ConfiguredBus
  readonly source: Source
  readonly log: Log
  readonly metrics?: KafkaSenderMetrics
  /** Where what the bus does not take waits; without it the sender waits for the bus. */
  readonly spool?: { readonly folder: string; readonly bytesMax: number }
}

/** Opens the bus of a sensor; the error is one sentence. */
export async function openSensorBus(options: SensorBusOptions): Promise<Result<SensorBus, string>> {
  const { bus, source, log, metrics, spool } = options
  if (bus.kind === 'file') {
    const opened = openFileBus({ folder: bus.folder, source })
    if (!opened.ok) return opened
    const sender = opened.value
    return ok({
      sender,
      counters: () => ({ ...sender.counters }),
      close: async () => sender.close(),
    })
  }
  const kafka = createKafkaSender({ ...bus.kafka, log, metrics })
  if (!spool) return ok({ sender: kafka, counters: () => ({}), close: () => kafka.close() })
  const disk = SpoolFolder.open(spool)
  if (!disk.ok) {
    await kafka.close()
    return err(disk.error)
  }
  const onFailure = (error: unknown): void => log.warnRarely({ error }, 'the bus refused a message')
  const spooled = createSpool({ disk: disk.value, to: kafka, onFailure })
  return ok({
    sender: spooled,
    spool: spooled,
    counters: () => ({ ...spooled.counters }),
    async close(millisMax) {
      if (!(await spooled.drained(millisMax))) {
        log.warn({ messages: spooled.waiting }, 'the bus is away: the rest waits on disk')
      }
      spooled.close()
      await kafka.close()
    },
  })
}

import type { Log, Source } from '@goldpan/runtime'
import type { CheckedRecord } from './check-record.ts'

/** Sensors whose clocks are remembered as wrong; of more nothing is told. */
const sensorsMax = 10_000

interface SensorClocksOptions {
  readonly log: Log
  readonly metrics: { wrongClocks(sensors: number): void }
}

/** Says of each sensor once that its clock is wrong, and once that it is right again. */
export class SensorClocks {
  readonly #options: SensorClocksOptions
  readonly #wrong = new Set<string>()

  constructor(options: SensorClocksOptions) {
    this.#options = options
  }

  /** Notes how far the clocks of sensors were ahead of the bus when they sent messages. */
  note(messages: readonly CheckedRecord[]): void {
    for (const { dead, source, aheadMillis, isClockWrong } of messages) {
      if (!dead && aheadMillis !== undefined) this.#note(source, aheadMillis, isClockWrong)
    }
  }

  #note({ service, site, sensor }: Source, aheadMillis: number, isWrong: boolean): void {
    const name = `${service}/${site}/${sensor}`
    const { log, metrics } = this.#options
    if (isWrong === this.#wrong.has(name)) return
    if (isWrong) {
      if (this.#wrong.size >= sensorsMax) return
      this.#wrong.add(name)
      const seconds = Math.round(Math.abs(aheadMillis) / 1000)
      const off = `${seconds} s ${aheadMillis > 0 ? 'ahead' : 'behind'}`
      log.warn({ sensor: name, off }, 'the clock of a sensor is wrong, its rows are kept apart')
    } else {
      this.#wrong.delete(name)
      log.info({ sensor: name }, 'the clock of a sensor is right again')
    }
    metrics.wrongClocks(this.#wrong.size)
  }
}

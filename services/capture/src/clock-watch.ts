import type { ClockReading } from '@goldpan/runtime'

/** A change of the wall clock by more than this between two readings is a step. */
export const stepMicrosMin = 1000
/** The kernel slews a clock by this at most, per second: no step. */
const slewMicrosPerSecond = 500

/** Tells steps of the wall clock: what it gains on the monotonic one from reading to reading. */
export class ClockWatch {
  steps = 0
  #last: ClockReading | undefined

  /** Microseconds that the wall clock stepped since the last reading; 0 when it did not. */
  observe(reading: ClockReading): number {
    const last = this.#last
    this.#last = reading
    if (!last) return 0
    const elapsedMillis = reading.monotonicMillis - last.monotonicMillis
    const gained = reading.wallMicros - last.wallMicros - elapsedMillis * 1000
    const tolerance =
      last.uncertainMicros + reading.uncertainMicros + (slewMicrosPerSecond * elapsedMillis) / 1000
    if (Math.abs(gained) - tolerance <= stepMicrosMin) return 0
    this.steps++
    return gained
  }
}

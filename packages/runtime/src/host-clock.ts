/** The clocks of this host, for those who are handed them: data itself knows packet time alone. */
export interface HostClock {
  /** Milliseconds that never go back. */
  monotonicMillis(): number
  /** What the wall clock is ahead of the monotonic one; {@link ClockReading.uncertainMicros}. */
  read(): ClockReading
}

export interface ClockReading {
  /** Microseconds since 1970. */
  readonly wallMicros: number
  readonly monotonicMillis: number
  /** The wall clock was read with this error at most. */
  readonly uncertainMicros: number
}

/** Milliseconds spent at most on one reading: the wall clock shows whole ones. */
const spinMillisMax = 1.2

/**
 * Reads the wall clock to some microseconds where the runtime shows milliseconds: it waits, half a
 * millisecond on average, for the next one to begin.
 */
export const hostClock: HostClock = {
  monotonicMillis: () => performance.now(),
  read() {
    const started = performance.now()
    const first = Date.now()
    // The millisecond began between the read before the last one and now, however long that took.
    for (let earliest = started; ; ) {
      const before = performance.now()
      const wall = Date.now()
      const after = performance.now()
      const isEdge = wall !== first
      if (isEdge || after - started > spinMillisMax) {
        const spentMicros = (after - (isEdge ? earliest : before)) * 1000
        return {
          wallMicros: wall * 1000,
          monotonicMillis: after,
          uncertainMicros: spentMicros + (isEdge ? 0 : 1000),
        }
      }
      earliest = before
    }
  },
}

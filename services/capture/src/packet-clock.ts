/** What happened between two packets, by packet time. */
export const tick = { none: 0, minute: 1, hour: 2 } as const

/** Packet time of one file: tells when a minute or an hour was passed. Never goes back. */
export class PacketClock {
  /** Start of the minute that packets have reached, seconds since 1970. */
  minuteSeconds = Number.NaN
  #nextSeconds = Number.NEGATIVE_INFINITY

  /** Whether {@link advance} would move on. */
  isDue(seconds: number): boolean {
    return seconds >= this.#nextSeconds
  }

  /** Moves on to a packet's time; returns the longest {@link tick} that was passed. */
  advance(seconds: number): number {
    if (seconds < this.#nextSeconds) return tick.none
    const minute = seconds - (seconds % 60)
    const before = this.minuteSeconds
    this.minuteSeconds = minute
    this.#nextSeconds = minute + 60
    if (Number.isNaN(before)) return tick.none
    return Math.floor(minute / 3600) === Math.floor(before / 3600) ? tick.minute : tick.hour
  }

  /** Starts anew with the next file. */
  restart(): void {
    this.minuteSeconds = Number.NaN
    this.#nextSeconds = Number.NEGATIVE_INFINITY
  }
}

import type { Segment } from '@goldpan/packet'

/** Middle times kept at once: SYN-ACKs that were neither the first nor the last of a handshake. */
const middlesMax = 65_536
const words = 4

/**
 * The times of SYN-ACKs between the first and the last one. Only a handshake whose SYN-ACK was sent
 * three times or more has any, so this is small; the oldest gives way, and then the ACK that
 * answers it fits no known SYN-ACK and is ambiguous.
 */
export class MiddleSynackTimes {
  #table: Int32Array | undefined
  #written = 0

  /** Keeps a time and TSval of the handshake `sequence` of the pending table. */
  add(sequence: number, seconds: number, nanoseconds: number, tsVal: number): void {
    this.#table ??= new Int32Array(middlesMax * words).fill(-1)
    this.#table.set([sequence, seconds, nanoseconds, tsVal], (this.#written % middlesMax) * words)
    this.#written++
  }

  /** Number of kept times of the handshake `sequence` whose TSval is `tsEcr`. */
  count(sequence: number, tsEcr: number): number {
    let count = 0
    this.#each(sequence, tsEcr, () => count++)
    return count
  }

  /** Nanoseconds from the kept SYN-ACK whose TSval is `tsEcr` to `segment`; NaN without one. */
  nanosUntil(sequence: number, tsEcr: number, segment: Segment): number {
    let nanos = Number.NaN
    this.#each(sequence, tsEcr, (seconds, nanoseconds) => {
      const difference = ((segment.seconds | 0) - seconds) | 0
      nanos = difference * 1e9 + (segment.nanoseconds - nanoseconds)
    })
    return nanos
  }

  get #used(): number {
    return Math.min(this.#written, middlesMax) * words
  }

  #each(
    sequence: number,
    tsEcr: number,
    visit: (seconds: number, nanoseconds: number) => void,
  ): void {
    const table = this.#table
    if (!table) return
    for (let at = 0; at < this.#used; at += words) {
      if (table[at] === sequence && table[at + 3] === tsEcr) visit(table[at + 1]!, table[at + 2]!)
    }
  }
}

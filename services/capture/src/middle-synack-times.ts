import type { Segment } from '@goldpan/packet'

/** Middle times kept at once: SYN-ACKs that were neither the first nor the last of a handshake. */
const middlesMax = 65_536
/** Chains that the kept times are in, by the handshake's sequence number. */
const chains = 16_384
/** Times of a chain looked at: a server that repeats itself forever must not slow anything down. */
const stepsMax = 256

/** Words of a kept time. */
const middle = { sequence: 0, seconds: 1, nanos: 2, tsVal: 3, before: 4 } as const
const middleWords = 5

/**
 * The times of SYN-ACKs between the first and the last one. Only a handshake whose SYN-ACK was sent
 * three times or more has any, so this is small; the oldest gives way, and then the ACK that
 * answers it fits no known SYN-ACK and is ambiguous.
 */
export class MiddleSynackTimes {
  #words: Int32Array | undefined
  /** Number of the newest time of each chain; times are numbered from 1, 0 is none. */
  #newest: Float64Array | undefined
  #kept = 0

  /** Keeps a time and TSval of the handshake `sequence` of the pending table. */
  add(sequence: number, seconds: number, nanoseconds: number, tsVal: number): void {
    this.#words ??= new Int32Array(middlesMax * middleWords)
    this.#newest ??= new Float64Array(chains)
    const words = this.#words
    const chain = sequence & (chains - 1)
    const number = ++this.#kept
    const at = (number % middlesMax) * middleWords
    const before = this.#newest[chain]!
    words[at + middle.sequence] = sequence
    words[at + middle.seconds] = seconds
    words[at + middle.nanos] = nanoseconds
    words[at + middle.tsVal] = tsVal
    // How far back the chain goes on; it ends beyond what is kept, or where nothing was before.
    words[at + middle.before] = Math.min(number - before, middlesMax)
    this.#newest[chain] = number
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
    this.#each(sequence, tsEcr, (words, at) => {
      const seconds = ((segment.seconds | 0) - words[at + middle.seconds]!) | 0
      nanos = seconds * 1e9 + (segment.nanoseconds - words[at + middle.nanos]!)
    })
    return nanos
  }

  #each(sequence: number, tsEcr: number, visit: (words: Int32Array, at: number) => void): void {
    const words = this.#words
    if (!words || !this.#newest) return
    let number = this.#newest[sequence & (chains - 1)]!
    for (let step = 0; step < stepsMax && number > this.#kept - middlesMax && number > 0; step++) {
      const at = (number % middlesMax) * middleWords
      if (words[at + middle.sequence] === sequence && words[at + middle.tsVal] === tsEcr) {
        visit(words, at)
      }
      number -= words[at + middle.before]!
    }
  }
}

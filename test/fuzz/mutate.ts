/** Deterministic draws: a fuzz run is repeated by its seed. */
export class Draws {
  #state: number

  constructor(seed: number) {
    this.#state = (seed ^ 0x9e37_79b9) >>> 0
  }

  /** A whole number from 0 to `count` − 1 (mulberry32). */
  below(count: number): number {
    this.#state = (this.#state + 0x6d2b_79f5) >>> 0
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) % count
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!
  }

  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.below(256))
  }
}

export interface Mutation {
  readonly bytes: Uint8Array
  /** First byte that may differ from the original. */
  readonly from: number
}

/** Values that break length fields. */
const nasty = [0, 1, 3, 4, 19, 20, 27, 28, 0x7f, 0x80, 0xff] as const

type Mutate = (draws: Draws, original: Uint8Array, at: number) => Uint8Array

const mutations: readonly Mutate[] = [
  // Some bytes changed.
  (draws, original, at) => {
    const bytes = Uint8Array.from(original)
    for (let left = 1 + draws.below(4), to = at; left > 0 && to < bytes.length; left--) {
      bytes[to] = draws.below(2) === 0 ? draws.pick(nasty) : draws.below(256)
      to += 1 + draws.below(3)
    }
    return bytes
  },
  // A word set to an extreme.
  (draws, original, at) => {
    const bytes = Uint8Array.from(original)
    bytes.fill(draws.pick([0, 0xff, 0x7f]), at, at + 4)
    return bytes
  },
  // Bytes taken out.
  (draws, original, at) => {
    const end = Math.min(at + 1 + draws.below(40), original.length)
    return Buffer.concat([original.subarray(0, at), original.subarray(end)])
  },
  // Rubbish put in.
  (draws, original, at) =>
    Buffer.concat([
      original.subarray(0, at),
      draws.bytes(1 + draws.below(60)),
      original.subarray(at),
    ]),
  // A part of the file repeated.
  (draws, original, at) => {
    const from = draws.below(at + 1)
    const part = original.subarray(from, from + draws.below(400))
    return Buffer.concat([original.subarray(0, at), part, original.subarray(at)])
  },
  // Cut.
  (_, original, at) => original.subarray(0, at),
]

/** One drawn mutation of a capture. */
export function mutate(draws: Draws, original: Uint8Array): Mutation {
  const from = draws.below(original.length)
  return { bytes: draws.pick(mutations)(draws, original, from), from }
}

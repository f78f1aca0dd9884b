/** Draws of one seed, the same on every machine (xoshiro128**, Blackman and Vigna 2018). */
export interface Random {
  /** Uniform in [0, 1). */
  uniform(): number
  /** Uniform integer in [0, below). */
  integer(below: number): number
  /** Exponential with the given mean. */
  exponential(mean: number): number
  /** Standard normal. */
  normal(): number
  /** Poisson with the given mean; by the normal approximation above 30. */
  poisson(mean: number): number
  /** One of some things. */
  pick<T>(things: readonly T[]): T
  /** Another generator, independent of how much is drawn from this one. */
  fork(name: string): Random
}

const rotate = (value: number, bits: number): number => (value << bits) | (value >>> (32 - bits))

/** A generator from a seed and a name. */
export function createRandom(seed: number, name = ''): Random {
  let mix = seed ^ 0x9e37_79b9
  for (const character of name) mix = Math.imul(mix ^ character.codePointAt(0)!, 0x0100_0193)
  const state = new Int32Array(4)
  for (const index of state.keys()) {
    mix = (mix + 0x6d2b_79f5) | 0
    let word = Math.imul(mix ^ (mix >>> 15), mix | 1)
    word ^= word + Math.imul(word ^ (word >>> 7), word | 61)
    state[index] = word ^ (word >>> 14)
  }
  const next = (): number => {
    const result = Math.imul(rotate(Math.imul(state[1]!, 5), 7), 9)
    const shifted = state[1]! << 9
    state[2]! ^= state[0]!
    state[3]! ^= state[1]!
    state[1]! ^= state[2]!
    state[0]! ^= state[3]!
    state[2]! ^= shifted
    state[3] = rotate(state[3]!, 11)
    return result >>> 0
  }
  const uniform = (): number => next() / 2 ** 32
  const normal = (): number =>
    Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform())
  return {
    uniform,
    normal,
    integer: (below) => Math.floor(uniform() * below),
    exponential: (mean) => -mean * Math.log(1 - uniform()),
    poisson(mean) {
      if (mean > 30) return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal()))
      const limit = Math.exp(-mean)
      let count = 0
      for (let product = uniform(); product > limit; product *= uniform()) count++
      return count
    },
    pick: (things) => things[Math.floor(uniform() * things.length)]!,
    fork: (child) => createRandom(seed, `${name}/${child}`),
  }
}

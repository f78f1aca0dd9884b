/** Draws from one seed. */
export interface Random {
  /** Uniform in [0, 1). */
  unit(): number
  /** Whole number from 0, below `bound`. */
  below(bound: number): number
  normal(): number
  poisson(mean: number): number
}

/** Mulberry32. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0
  const unit = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - unit())) * Math.cos(2 * Math.PI * unit())
  return {
    unit,
    below: (bound) => Math.floor(unit() * bound),
    normal,
    poisson(mean) {
      if (mean > 30) return Math.max(0, Math.round(mean + normal() * Math.sqrt(mean)))
      const limit = Math.exp(-mean)
      let count = 0
      for (let product = unit(); product > limit; product *= unit()) count++
      return count
    },
  }
}

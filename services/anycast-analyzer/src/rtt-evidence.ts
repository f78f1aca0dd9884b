import { findPair, type PrefixState } from './prefix-columns.ts'
import { keptRtt, keptSamples, pairMedianMicros, weightPerSecond } from './prefix-state.ts'
import { farMicros } from './threshold.ts'
import { type WeightedQuantile, weightedQuantile } from './weighted-quantile.ts'

/** RTTs of prefixes where they are, beside those that they could have. Weighted by queries. */
export interface RttEvidence {
  /** Handshakes behind the RTTs. */
  readonly samples: number
  readonly prefixesMeasured: number
  /** Queries a second of the prefixes that are, and that are not, measured. */
  readonly measuredWeight: number
  readonly unmeasuredWeight: number
  /** Weight of the measured prefixes whose excess is at least `farMicros`, and their number. */
  readonly farWeight: number
  readonly farPrefixes: number
  readonly nowMicros: number
  readonly possibleMicros: number
  readonly possibleSource: PossibleSource
  /** Mean per query of now − possible. */
  readonly excessMicros: number
  /** Median difference with its interval. */
  readonly difference: WeightedQuantile
}

export type PossibleSource = 'history' | 'neighbours'

export interface PossibleRtt {
  readonly micros: number
  readonly source: PossibleSource
}

/**
 * Compares each prefix's RTTs at its current site with what `possibleOf` says it could have.
 * Prefixes without either are unmeasured. Undefined where none is measured.
 */
export function compareRtts(
  state: PrefixState,
  prefixes: readonly number[],
  possibleOf: (prefix: number) => PossibleRtt | undefined,
): RttEvidence | undefined {
  const now: number[] = []
  const possible: number[] = []
  const weights: number[] = []
  const differences: number[] = []
  const differenceWeights: number[] = []
  const total = { unmeasured: 0, measured: 0, far: 0, farPrefixes: 0, excess: 0, history: 0 }
  for (const prefix of prefixes) {
    const weight = weightPerSecond(state, prefix)
    const pair = findPair(state, prefix, state.current[prefix]!)
    const kept = keptSamples(state, pair)
    const could = kept > 0 ? possibleOf(prefix) : undefined
    if (!could) {
      total.unmeasured += weight
      continue
    }
    const is = pairMedianMicros(state, pair)
    now.push(is)
    possible.push(could.micros)
    weights.push(weight)
    for (let index = 0; index < kept; index++) {
      differences.push(keptRtt(state, pair, index) - could.micros)
      differenceWeights.push(weight / kept)
    }
    total.measured += weight
    total.excess += weight * (is - could.micros)
    if (could.source === 'history') total.history += weight
    if (is - could.micros >= farMicros) {
      total.far += weight
      total.farPrefixes++
    }
  }
  const difference = weightedQuantile(differences, differenceWeights, 0.5)
  if (!difference) return undefined
  return {
    samples: differences.length,
    prefixesMeasured: now.length,
    measuredWeight: total.measured,
    unmeasuredWeight: total.unmeasured,
    farWeight: total.far,
    farPrefixes: total.farPrefixes,
    nowMicros: weightedQuantile(now, weights, 0.5)!.value,
    possibleMicros: weightedQuantile(possible, weights, 0.5)!.value,
    possibleSource: total.history * 2 >= total.measured ? 'history' : 'neighbours',
    excessMicros: total.excess / total.measured,
    difference,
  }
}

/** What a prefix had at home, before it was sent away. */
export function historyOf(state: PrefixState): (prefix: number) => PossibleRtt | undefined {
  return (prefix) => {
    const pair = findPair(state, prefix, state.home[prefix]!)
    if (keptSamples(state, pair) === 0) return undefined
    return { micros: pairMedianMicros(state, pair), source: 'history' }
  }
}

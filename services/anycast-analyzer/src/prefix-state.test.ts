import { expect, it } from 'vitest'
import { createMinuteWindowBuilder } from './minute-window.ts'
import { createPrefixState, findPair, type PrefixState } from './prefix-columns.ts'
import {
  advancePrefixState,
  keptSamples,
  pairMedianMicros,
  settledAt,
  weightPerSecond,
} from './prefix-state.ts'

/** One prefix, minute by minute: its site (or none) and the queries that it sends there. */
function live(sites: readonly (number | undefined)[], queries = 6): PrefixState {
  const state = createPrefixState(1)
  const builder = createMinuteWindowBuilder(1)
  for (const [minute, site] of sites.entries()) {
    if (site !== undefined) {
      builder.addSeen(0, site, queries)
      builder.addHandshake(0, site, 1000 * (site + 1))
    }
    advancePrefixState(state, builder.take(1000 + minute), 1, 'queries')
  }
  return state
}

const minutes = <Value>(count: number, value: Value): Value[] => Array(count).fill(value)

it('keeps home through a stay elsewhere and knows since when the prefix is away', () => {
  const state = live([...minutes(50, 0), ...minutes(20, 1)])
  expect([state.home[0], state.current[0]]).toEqual([0, 1])
  expect([state.lastHome[0], state.runSince[0]]).toEqual([1049, 1050])
  expect(state.displaced.has(0)).toBe(true)
  expect(live([...minutes(50, 0), ...minutes(20, 1), 0]).displaced.has(0)).toBe(false)
})

it('makes a long harmless stay the home, and lets the prefix return without a word', () => {
  const settled = [...minutes(50, 0), ...minutes(200, 1)]
  expect(live(settled).home[0]).toBe(1)
  const returned = live([...settled, 0])
  expect(returned.home[0]).toBe(0)
  expect(returned.displaced.has(0)).toBe(false)
})

it('calls a site usual that the prefix went to again and again', () => {
  const flips = [1, 2, 3].flatMap(() => [...minutes(5, 0), ...minutes(5, 1)])
  const state = live(flips)
  expect(state.displaced.has(0)).toBe(false)
  expect(settledAt(state, 0, 0)).toBe(false)
})

it('measures the rate of a steady client from its first hour on', () => {
  expect(weightPerSecond(live(minutes(5, 0)), 0)).toBeCloseTo(0.1, 5)
  expect(weightPerSecond(live(minutes(400, 0)), 0)).toBeCloseTo(0.1, 5)
  const seldom = Array.from({ length: 600 }, (_, index) => (index % 10 === 9 ? 0 : undefined))
  expect(weightPerSecond(live(seldom, 60), 0)).toBeGreaterThan(0.08)
  expect(weightPerSecond(live(seldom, 60), 0)).toBeLessThan(0.12)
})

it('gives a prefix without handshakes no weight: it may be spoofed', () => {
  const state = createPrefixState(1)
  const builder = createMinuteWindowBuilder(1)
  builder.addSeen(0, 0, 1e6)
  advancePrefixState(state, builder.take(1000), 1, 'queries')
  expect(weightPerSecond(state, 0)).toBe(0)
})

it('keeps the latest RTTs of each site', () => {
  const state = live([...minutes(40, 0), 1])
  expect(keptSamples(state, findPair(state, 0, 0))).toBe(16)
  expect(pairMedianMicros(state, findPair(state, 0, 0))).toBe(1000)
  expect(pairMedianMicros(state, findPair(state, 0, 1))).toBe(2000)
  expect(findPair(state, 0, 2)).toBe(-1)
})

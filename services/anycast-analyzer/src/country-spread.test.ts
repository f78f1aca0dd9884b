import { expect, it } from 'vitest'
import { unlikelyByChance } from './country-spread.ts'

it('takes more wrong countries than chance explains to believe in another country', () => {
  expect(unlikelyByChance(1)).toBe(2)
  expect(unlikelyByChance(4)).toBe(3)
  expect(unlikelyByChance(100)).toBeGreaterThan(5)
  expect(unlikelyByChance(10_000)).toBeLessThan(300)
  expect(unlikelyByChance(60_000)).toBeLessThan(1400)
  expect(Math.abs(unlikelyByChance(1001) - unlikelyByChance(1000))).toBeLessThan(4)
})

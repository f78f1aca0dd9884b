import { handshakeCounterNames } from '@goldpan/capture'
import { describe, expect, it } from 'vitest'
import { counterMeanings, summarizeDiscards } from './counter-meaning.ts'

describe('counters', () => {
  it('of the tracker all have a meaning', () => {
    expect(handshakeCounterNames.filter((name) => !(name in counterMeanings))).toEqual([])
  })

  it('are discards unless they are mere counts; unknown ones are shown', () => {
    const discards = summarizeDiscards([
      { counters: { handshakes: 9, expired: 2, of_tomorrow: 1 } },
      { counters: { expired: 3 } },
    ])
    expect(discards.map(({ reason, count }) => [reason, count])).toEqual([
      ['expired', 5],
      ['of_tomorrow', 1],
    ])
  })
})

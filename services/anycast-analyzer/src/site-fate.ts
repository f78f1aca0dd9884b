import type { PrefixState } from './prefix-columns.ts'
import type { PrefixTable } from './prefix-table.ts'
import { earlyMinutes, lastedMinutes, movedShare, toldAgainAfterMinutes } from './threshold.ts'

/**
 * Whether a site still serves its clients. When all of them left, the site is gone; when they are
 * seen nowhere, its sensor is silent; neither is a detour of any one network.
 */
export interface SiteFates {
  /** Judged without the prefixes of `members`, whose move since `onsetMinute` is in question. */
  serves(site: number, ipVersion: 4 | 6, question: FateQuestion): boolean
  /**
   * Whether a site came back at the onset, its own clients with it: who was first seen while it was
   * gone only seems to move there.
   */
  cameBack(site: number, ipVersion: 4 | 6, onsetMinute: number): boolean
}

export interface FateQuestion {
  readonly members: readonly number[]
  readonly onsetMinute: number
}

/** When a site was last found gone or silent, by site and IP version. Part of the state. */
export type SiteFailures = Map<number, number>

/** Share of the other clients that must have left for the site to be gone. */
const goneShare = 0.9
/** So many other clients are needed to judge by them. */
const othersMin = 3

interface Tally {
  there: number
  elsewhere: number
}

const keyOf = (site: number, ipVersion: 4 | 6): number => site * 8 + ipVersion

/**
 * Counts lazily: most minutes never ask. Valid for the minute in which it is made. `failures` is
 * read and written: a site that failed since the onset explains the move for a while after it is
 * back, until clients that ask seldom have been seen there again.
 */
export function createSiteFates(
  state: PrefixState,
  table: PrefixTable,
  failures: SiteFailures,
): SiteFates {
  const talliesSince = new Map<number, Map<number, Tally>>()
  const count = (into: Map<number, Tally>, prefix: number, since: number): void => {
    if (state.home[prefix]! < 0 || state.lastSeen[prefix]! <= since) return
    const key = keyOf(state.home[prefix]!, table.ipVersion(prefix))
    const tally = into.get(key) ?? { there: 0, elsewhere: 0 }
    into.set(key, tally)
    if (state.lastHome[prefix]! > since) tally.there++
    else tally.elsewhere++
  }
  const tally = (since: number): Map<number, Tally> => {
    const known = talliesSince.get(since)
    if (known) return known
    const tallies = new Map<number, Tally>()
    for (let prefix = 0; prefix < table.length; prefix++) count(tallies, prefix, since)
    talliesSince.set(since, tallies)
    return tallies
  }
  const servesNow = (key: number, { members, onsetMinute }: FateQuestion): boolean => {
    // In the onset's own minute the site may still have served everybody.
    const since = Math.max(state.minute - lastedMinutes, onsetMinute)
    const own = new Map<number, Tally>()
    for (const prefix of members) count(own, prefix, since)
    const all = tally(since).get(key)
    if (!all || all.there === 0) return false
    const mine = own.get(key) ?? { there: 0, elsewhere: 0 }
    const there = all.there - mine.there
    const elsewhere = all.elsewhere - mine.elsewhere
    return there + elsewhere < othersMin || elsewhere < goneShare * (there + elsewhere)
  }
  return {
    cameBack(site, ipVersion, onsetMinute) {
      const since = onsetMinute - earlyMinutes
      let there = 0
      let returned = 0
      for (let prefix = 0; prefix < table.length; prefix++) {
        if (state.home[prefix] !== site || state.lastHome[prefix]! < since) continue
        if (table.ipVersion(prefix) !== ipVersion) continue
        there++
        if (state.lastReturn[prefix]! >= since) returned++
      }
      return returned >= othersMin && returned >= movedShare * there
    },
    serves(site, ipVersion, question) {
      const key = keyOf(site, ipVersion)
      if (!servesNow(key, question)) {
        failures.set(key, state.minute)
        return false
      }
      const failed = failures.get(key) ?? Number.NEGATIVE_INFINITY
      return failed < question.onsetMinute || state.minute - failed >= toldAgainAfterMinutes
    },
  }
}

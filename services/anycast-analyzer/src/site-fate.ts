import type { PrefixState } from './prefix-columns.ts'
import type { PrefixTable } from './prefix-table.ts'
import { lastedMinutes } from './threshold.ts'

/**
 * Whether a site still serves its clients. When all of them left, the site is gone; when they are
 * seen nowhere, its sensor is silent; neither is a detour of any one network.
 */
export interface SiteFates {
  /** Judged without the prefixes of `members`, whose move is in question. */
  serves(site: number, ipVersion: 4 | 6, members: readonly number[]): boolean
}

/** Share of the other clients that must have left for the site to be gone. */
const goneShare = 0.9
/** So many other clients are needed to judge by them. */
const othersMin = 3

interface Tally {
  there: number
  elsewhere: number
}

/** Counts lazily: most minutes never ask. Valid for the minute in which it is made. */
export function createSiteFates(state: PrefixState, table: PrefixTable): SiteFates {
  let tallies: Map<number, Tally> | undefined
  const tallyOf = (from: Map<number, Tally>, site: number, ipVersion: 4 | 6): Tally => {
    const key = site * 8 + ipVersion
    let tally = from.get(key)
    if (!tally) {
      tally = { there: 0, elsewhere: 0 }
      from.set(key, tally)
    }
    return tally
  }
  const count = (into: Map<number, Tally>, prefix: number): void => {
    const since = state.minute - lastedMinutes
    if (state.home[prefix]! < 0 || state.lastSeen[prefix]! <= since) return
    const tally = tallyOf(into, state.home[prefix]!, table.ipVersion(prefix))
    if (state.lastHome[prefix]! > since) tally.there++
    else tally.elsewhere++
  }
  return {
    serves(site, ipVersion, members) {
      if (!tallies) {
        tallies = new Map()
        for (let prefix = 0; prefix < table.length; prefix++) count(tallies, prefix)
      }
      const own = new Map<number, Tally>()
      for (const prefix of members) count(own, prefix)
      const all = tallyOf(tallies, site, ipVersion)
      const mine = tallyOf(own, site, ipVersion)
      if (all.there === 0) return false
      const there = all.there - mine.there
      const elsewhere = all.elsewhere - mine.elsewhere
      return there + elsewhere < othersMin || elsewhere < goneShare * (there + elsewhere)
    },
  }
}

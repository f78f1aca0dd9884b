import type { AnalyzerView, Assertion, Detector } from '../analyzer-view.ts'
import { countrySpread } from '../country-spread.ts'
import { clientsMoved, findMove, heaviest, type Move } from '../move.ts'
import type { ClientGroup } from '../prefix-table.ts'
import { compareRtts, historyOf, type RttEvidence } from '../rtt-evidence.ts'
import { alarmWeightMin, farMicros, prefixesMin, samplesMin } from '../threshold.ts'

/**
 * Clients of a country, of a network, or of a network in one country that were served by one site
 * and now are by a farther one. The coarsest scope that holds is asserted: a country's move is one
 * finding, not one for each of its networks.
 */
export const detourBySite: Detector = {
  kind: 'detour_by_site',
  detect(view) {
    const assertions: Assertion[] = []
    const told = new Set<number>()
    for (const level of ['country', 'network', 'network_in_country'] as const) {
      for (const index of view.suspects(level)) {
        const assertion = detour(view, index, told)
        if (!assertion) continue
        assertions.push(assertion)
        for (const prefix of assertion.members) told.add(prefix)
      }
    }
    return assertions
  },
}

/** A site is a place of origin when this part of the group's clients call it home. */
const originShare = 0.2
const twoPrefixSamplesMin = 30

function detour(
  view: AnalyzerView,
  index: number,
  told: ReadonlySet<number>,
): Assertion | undefined {
  const group = view.table.groups[index]!
  const move = findMove(view, without(group.members, told), originShare)
  if (!move || !isBroad(view, group, move)) return undefined
  const evidence = compareRtts(view.state, move.moved, historyOf(view.state))
  if (!evidence || !isEnough(evidence)) return undefined
  const { difference } = evidence
  if (difference.value < farMicros || difference.low <= 0) return undefined
  const origins = new Set(move.moved.map((prefix) => view.state.home[prefix]!))
  const question = { members: group.members, onsetMinute: move.onsetMinute }
  for (const site of origins) {
    if (!view.fates.serves(site, group.ipVersion, question)) return undefined
  }
  const { countries } = countrySpread(view.state, view.table, move.moved)
  const { table } = view
  return {
    kind: 'detour_by_site',
    severity: move.movedWeight < alarmWeightMin ? 'note' : 'page',
    group: index,
    countries: (group.country === undefined ? countries : [group.country]).map(
      (country) => table.countries[country]!,
    ),
    members: move.moved,
    siteFrom: move.from,
    siteTo: move.to,
    onsetMinute: move.onsetMinute,
    evidence,
  }
}

/** Three prefixes are a group; two are when both are known well. */
function isEnough({ prefixesMeasured, samples }: RttEvidence): boolean {
  if (prefixesMeasured > prefixesMin) return samples >= samplesMin
  return prefixesMeasured === prefixesMin && samples >= twoPrefixSamplesMin
}

function without(members: readonly number[], told: ReadonlySet<number>): readonly number[] {
  return told.size === 0 ? members : members.filter((prefix) => !told.has(prefix))
}

/**
 * Whether the whole group moved, not the one network of a country, or the one country of a
 * network, that holds most of its weight.
 */
function isBroad(view: AnalyzerView, group: ClientGroup, move: Move): boolean {
  if (group.level === 'network_in_country') return true
  const { state, table } = view
  if (group.level === 'country') {
    // A prefix of no known network stands for itself.
    const networkOf = (prefix: number): number => table.asn(prefix) || -1 - prefix
    return holdsWithoutHeaviest(view, move, networkOf)
  }
  const everyone = countrySpread(state, table, [...move.moved, ...move.stayed])
  if (!everyone.several) return true
  const inNamed = (prefix: number): boolean => everyone.countries.includes(table.country(prefix))
  const named = {
    ...move,
    moved: move.moved.filter(inNamed),
    stayed: move.stayed.filter(inNamed),
  }
  return holdsWithoutHeaviest(view, named, (prefix) => table.country(prefix))
}

/** Whether the others moved as well when the heaviest part that moved is left out. */
function holdsWithoutHeaviest(
  { state }: AnalyzerView,
  move: Pick<Move, 'moved' | 'stayed'>,
  partOf: (prefix: number) => number,
): boolean {
  if (move.moved.length === 0) return false
  const part = heaviest(state, move.moved, partOf)
  const others = (prefix: number): boolean => partOf(prefix) !== part
  const moved = move.moved.filter(others)
  if (moved.length < prefixesMin) return false
  return clientsMoved(state, moved, move.stayed.filter(others))
}

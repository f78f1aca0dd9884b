import { type FindingKind, formatPacketTime, parsePacketTime } from '@goldpan/core'
import { concerns, siteAt } from './catchment.ts'
import type { Population } from './population.ts'
import type { World, WorldEvent } from './world.ts'

/** What is wrong in a world, as the analyzer should say it. */
export interface TrueEvent {
  readonly kind: FindingKind
  /** Absent where the clients of a country moved, whatever their network. */
  readonly asn?: number
  readonly name?: string
  readonly ip_versions: readonly (4 | 6)[]
  /** Where its moved clients are. */
  readonly countries: readonly string[]
  /** Where most of them were before; absent where they were always there. */
  readonly site_from?: string
  readonly site_to: string
  readonly standing: boolean
  readonly onset?: string
  /** When they go back. */
  readonly end?: string
  readonly queries_per_second: number
  /** Mean per query of the RTT there − the RTT at the best site, ms. */
  readonly excess_ms: number
}

/** The events of a world with all that a finding should tell of them. */
export function worldTruth(world: World, population: Population): TrueEvent[] {
  return world.events.map((event) => describeEvent(world, population, event))
}

function describeEvent(world: World, population: Population, event: WorldEvent): TrueEvent {
  const minute = (event.startHour ?? 0) * 60
  const siteTo = world.sites.indexOf(event.site)
  const members = population.prefixes.filter((prefix) => concerns(event, prefix))
  const queries = members.reduce((sum, prefix) => sum + prefix.queriesPerSecond, 0)
  const excess = members.reduce((sum, { queriesPerSecond, rttMicros }) => {
    return sum + queriesPerSecond * (rttMicros[siteTo]! - Math.min(...rttMicros))
  }, 0)
  const timeOf = (hours: number): string =>
    formatPacketTime(Math.round(parsePacketTime(world.start)! + hours * 3600e6))
  const without = { ...world, events: [] }
  const before = new Map<number, number>()
  for (const prefix of members) {
    const site = siteAt(without, prefix, minute)
    before.set(site, (before.get(site) ?? 0) + prefix.queriesPerSecond)
  }
  const [from] = [...before].sort((a, b) => b[1] - a[1])[0] ?? [siteTo]
  return {
    kind: event.kind,
    ...nameOf(population, event),
    ip_versions: [...new Set(members.map(({ ipVersion }) => ipVersion))].sort(),
    countries: [...new Set(members.map(({ place }) => place.country))].sort(),
    ...(event.startHour === undefined || event.kind === 'polarization'
      ? {}
      : { site_from: world.sites[from]! }),
    site_to: event.site,
    standing: event.startHour === undefined,
    ...(event.startHour === undefined ? {} : { onset: timeOf(event.startHour) }),
    ...(event.endHour === undefined ? {} : { end: timeOf(event.endHour) }),
    queries_per_second: queries,
    excess_ms: excess / queries / 1000,
  }
}

function nameOf({ networks }: Population, { network }: WorldEvent): Partial<TrueEvent> {
  if (network === undefined) return {}
  const { asn, name } = networks[network]!
  return { asn, name }
}

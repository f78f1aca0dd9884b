import type { ClientPrefix, Population } from './population.ts'
import type { Nuisance, World, WorldEvent } from './world.ts'

/** Who is served where, and how busy, at a minute after the start. */

const isOn = ({ startHour, hours }: Nuisance, minute: number): boolean =>
  minute >= startHour * 60 && minute < (startHour + (hours ?? Number.POSITIVE_INFINITY)) * 60

/** Number of the site that serves a prefix. */
export function siteAt(world: World, prefix: ClientPrefix, minute: number): number {
  const planned = plannedSiteAt(world, prefix, minute)
  const gone = world.nuisances.filter((one) => one.kind === 'site_outage' && isOn(one, minute))
  if (!gone.some(({ site }) => site === world.sites[planned])) return planned
  const left = prefix.rttMicros
    .map((_, site) => site)
    .filter((site) => {
      return !gone.some((one) => one.site === world.sites[site])
    })
  return left.sort((a, b) => prefix.rttMicros[a]! - prefix.rttMicros[b]!)[0] ?? planned
}

function plannedSiteAt(world: World, prefix: ClientPrefix, minute: number): number {
  for (const event of world.events) {
    if (isMoved(event, prefix, minute)) return world.sites.indexOf(event.site)
  }
  for (const nuisance of world.nuisances) {
    if (nuisance.kind !== 'flapping' || nuisance.network !== prefix.network) continue
    if (!isOn(nuisance, minute) || nuisance.site === undefined) continue
    const since = minute - Math.ceil(nuisance.startHour * 60)
    const swing = Math.floor(since / nuisance.swingMinutes)
    if (swing % 2 === 1) return world.sites.indexOf(nuisance.site)
  }
  return prefix.homeSite
}

/** Whether an event sends a prefix to its site now. */
function isMoved(event: WorldEvent, prefix: ClientPrefix, minute: number): boolean {
  if (minute < (event.startHour ?? 0) * 60) return false
  if (event.endHour !== undefined && minute >= event.endHour * 60) return false
  return concerns(event, prefix)
}

/** Whether a prefix is one of an event's clients. */
export function concerns({ network, country }: WorldEvent, prefix: ClientPrefix): boolean {
  if (network !== undefined && network !== prefix.network) return false
  return country === undefined || country === prefix.place.country
}

/** Whether a site's sensor sees anything. */
export function isSensorAlive(world: World, site: string, minute: number): boolean {
  return !world.nuisances.some(
    (nuisance) =>
      nuisance.kind === 'sensor_outage' && nuisance.site === site && isOn(nuisance, minute),
  )
}

/** How much busier than its mean a prefix is: the hour of its day, crowds and bursts. */
export function busynessAt(world: World, prefix: ClientPrefix, minute: number): number {
  const localHour = (((minute / 60 + prefix.place.longitude / 15) % 24) + 24) % 24
  let busyness = 1 + 0.5 * Math.sin(((localHour - 9) / 24) * 2 * Math.PI)
  for (const nuisance of world.nuisances) {
    if (!isOn(nuisance, minute)) continue
    if (nuisance.kind === 'flash_crowd' && nuisance.country === prefix.place.country) busyness *= 10
  }
  return busyness
}

/** Prefixes whose one client sends very many queries now. */
export function burstsAt(world: World, population: Population, minute: number): Set<number> {
  const bursts = world.nuisances.filter((one) => one.kind === 'burst' && isOn(one, minute))
  return new Set(
    bursts.map((burst) =>
      population.prefixes.findIndex(({ network }) => network === (burst.network ?? 0)),
    ),
  )
}

const queueMicrosMax = 25_000

/** Microseconds that queues add at most to the RTT of a prefix: they rise and fall. */
export function queueMicrosAt(world: World, prefix: ClientPrefix, minute: number): number {
  const congestion = world.nuisances.find(
    (nuisance) =>
      nuisance.kind === 'congestion' &&
      nuisance.country === prefix.place.country &&
      isOn(nuisance, minute),
  )
  if (!congestion) return 0
  const past = (minute - congestion.startHour * 60) / ((congestion.hours ?? world.hours) * 60)
  return queueMicrosMax * Math.sin(Math.PI * past)
}

/** Half-open handshakes a second that a site is flooded with. */
export function floodAt(world: World, site: string, minute: number): number {
  const isFlooded = world.nuisances.some(
    (nuisance) => nuisance.kind === 'flood' && nuisance.site === site && isOn(nuisance, minute),
  )
  return isFlooded ? 50 : 0
}

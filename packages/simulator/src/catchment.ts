import type { ClientPrefix, Population } from './population.ts'
import type { Nuisance, World } from './world.ts'

/** Who is served where, and how busy, at a minute after the start. */

const isOn = ({ startHour, hours }: Nuisance, minute: number): boolean =>
  minute >= startHour * 60 && minute < (startHour + hours) * 60

/** Number of the site that serves a prefix. */
export function siteAt(world: World, prefix: ClientPrefix, minute: number): number {
  for (const event of world.events) {
    if (event.network !== prefix.network || minute < (event.startHour ?? 0) * 60) continue
    if (event.kind === 'polarization' || event.country === prefix.place.country) {
      return world.sites.indexOf(event.site)
    }
  }
  for (const nuisance of world.nuisances) {
    const isFlapping = nuisance.kind === 'flapping' && nuisance.network === prefix.network
    // A load balancer sends every other minute elsewhere.
    if (isFlapping && isOn(nuisance, minute) && minute % 2 === 1 && nuisance.site !== undefined) {
      return world.sites.indexOf(nuisance.site)
    }
  }
  return prefix.homeSite
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

/** Prefixes whose one client sends very many queries now, and how many more. */
export function burstAt(world: World, population: Population, minute: number): number {
  const burst = world.nuisances.find(({ kind }) => kind === 'burst')
  if (!burst || !isOn(burst, minute)) return -1
  return population.prefixes.findIndex(({ network }) => network === (burst.network ?? 0))
}

/** Microseconds that queues add to the RTT of a prefix. */
export function queueMicrosAt(world: World, prefix: ClientPrefix, minute: number): number {
  const isCongested = world.nuisances.some(
    (nuisance) =>
      nuisance.kind === 'congestion' &&
      nuisance.country === prefix.place.country &&
      isOn(nuisance, minute),
  )
  return isCongested ? 25_000 : 0
}

/** Half-open handshakes a second that a site is flooded with. */
export function floodAt(world: World, site: string, minute: number): number {
  const isFlooded = world.nuisances.some(
    (nuisance) => nuisance.kind === 'flood' && nuisance.site === site && isOn(nuisance, minute),
  )
  return isFlooded ? 50 : 0
}

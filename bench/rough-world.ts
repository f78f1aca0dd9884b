import { createPrefixTable, type PrefixTable } from '@goldpan/anycast-analyzer'
import { createRandom, type Random } from './rough-random.ts'

/**
 * A second, rougher world than packages/simulator's, for the detectors' benchmark alone: what is
 * tuned on one generator is checked on another that shares nothing with it.
 *
 * Thirty countries at random places; networks in one, two or many of them; 15 % of the (network,
 * country) catchments are not the nearest site; 1 % of the prefixes carry a wrong country.
 */

export interface RoughSize {
  readonly seed: number
  readonly sites: number
  readonly networks: number
  readonly prefixesPerNetwork: number
  /** Mean queries a second of the whole service. */
  readonly queriesPerSecond: number
  /** Median share of a network's queries that come over TCP. */
  readonly tcpShare: number
}

type Point = readonly [x: number, y: number, z: number]

export interface RoughClient {
  /** In the prefix table. */
  readonly number: number
  readonly network: number
  readonly country: number
  readonly place: Point
  readonly accessMillis: number
  readonly tcpShare: number
  perMinute: number
  home: number
  /** Site at a minute, for clients behind a load balancer. */
  flap?: (minute: number) => number
  /** Where an event sends the client. */
  away?: { readonly from: number; readonly to: number }
}

export interface RoughWorld {
  readonly random: Random
  readonly sites: readonly string[]
  readonly countries: readonly string[]
  readonly table: PrefixTable
  readonly clients: readonly RoughClient[]
  readonly byNetwork: readonly (readonly RoughClient[])[]
  rttMillis(client: RoughClient, site: number): number
  /** Sites from the nearest to the farthest. */
  ranked(client: RoughClient): number[]
}

const countryCount = 30
const earthMillis = 6371 * 0.0155

/** The AS number of a network. */
export const asnOf = (network: number): number => 1000 + network

/** Draws a world; the same seed, the same world. */
export function createRoughWorld(size: RoughSize): RoughWorld {
  const random = createRandom(size.seed)
  const places = Array.from({ length: countryCount }, () => drawPoint(random))
  const sitePlaces = Array.from({ length: size.sites }, () =>
    drawNear(random, places[random.below(countryCount)]!, 0.05),
  )
  const rank = (place: Point): number[] =>
    sitePlaces
      .map((site, index) => ({ index, millis: millisBetween(place, site) }))
      .sort((left, right) => left.millis - right.millis)
      .map(({ index }) => index)
  const countries = places.map((_, index) => `${letter(index % 26)}${letter(index / 26)}`)
  const table = createPrefixTable()
  const clients: RoughClient[] = []
  for (let network = 0; network < size.networks; network++) {
    for (const draft of drawNetwork(random, size, { network, places, rank })) {
      const labelled = random.unit() < 0.01 ? random.below(countryCount) : draft.country
      const bytes = addressOf(network, draft.index, random.unit() < 0.2)
      const number = table.add(bytes, 0, asnOf(network), countries[labelled]!)
      if (number === clients.length) clients.push({ ...draft, network, number })
    }
  }
  const volume = clients.reduce((sum, client) => sum + client.perMinute, 0)
  for (const client of clients) client.perMinute *= (size.queriesPerSecond * 60) / volume
  return {
    random,
    sites: sitePlaces.map((_, index) => `s${String(index).padStart(2, '0')}`),
    countries,
    table,
    clients,
    byNetwork: Array.from({ length: size.networks }, (_, network) =>
      clients.filter((client) => client.network === network),
    ),
    rttMillis: (client, site) =>
      millisBetween(client.place, sitePlaces[site]!) *
        (1.3 + ((client.network * 7 + site * 13) % 10) / 20) +
      client.accessMillis,
    ranked: (client) => rank(client.place),
  }
}

interface NetworkPlace {
  readonly network: number
  readonly places: readonly Point[]
  readonly rank: (place: Point) => number[]
}

function* drawNetwork(
  random: Random,
  size: RoughSize,
  { network, places, rank }: NetworkPlace,
): Iterable<Omit<RoughClient, 'number' | 'network'> & { readonly index: number }> {
  const isGlobal = random.unit() < 0.12
  const home = random.below(countryCount)
  const more = isGlobal ? 4 + random.below(12) : random.unit() < 0.2 ? 1 : 0
  const countries = [home, ...Array.from({ length: more }, () => random.below(countryCount))]
  // The second network dominates a site.
  const volume = Math.exp(random.normal() * 1.4) * (isGlobal ? 4 : 1) * (network === 1 ? 12 : 1)
  const spread = Math.exp(random.normal() * 0.8) * (isGlobal ? 3 : 1)
  const count = Math.max(1, Math.round(size.prefixesPerNetwork * spread))
  const tcpShare = Math.min(size.tcpShare * Math.exp(random.normal() * 0.7), 1)
  const accessMillis = 1 + random.unit() * random.unit() * 30
  const catchment = new Map<number, number>()
  for (let index = 0; index < count; index++) {
    const country = countries[random.below(countries.length)]!
    if (!catchment.has(country)) {
      const ranked = rank(places[country]!)
      const choice = random.unit() < 0.85 ? 0 : 1 + random.below(2)
      catchment.set(country, ranked[Math.min(choice, ranked.length - 1)]!)
    }
    yield {
      index,
      country,
      place: drawNear(random, places[country]!, 0.04),
      accessMillis: accessMillis * (0.5 + random.unit()),
      tcpShare,
      perMinute: (volume / count) * Math.exp(random.normal() * 1.2),
      home: catchment.get(country)!,
    }
  }
}

function addressOf(network: number, index: number, isIpv6: boolean): Uint8Array {
  const bytes = new Uint8Array(16)
  if (isIpv6) bytes.set([0x20, 1, network >> 8, network & 255, index >> 8, index & 255])
  else {
    const low = ((network & 15) << 4) + (index >> 8)
    bytes.set([0xff, 0xff, 1 + (network >> 4), low, index & 255, 0], 10)
  }
  return bytes
}

function letter(index: number): string {
  return String.fromCharCode(65 + Math.floor(index))
}

/** Where people live: between 60° south and 65° north. */
function drawPoint(random: Random): Point {
  const z = Math.sin((random.unit() * 1.6 - 0.7) * 1.1)
  const angle = random.unit() * 2 * Math.PI
  const radius = Math.sqrt(1 - z * z)
  return [radius * Math.cos(angle), radius * Math.sin(angle), z]
}

function drawNear(random: Random, center: Point, spread: number): Point {
  const moved = center.map((value) => value + random.normal() * spread)
  const length = Math.hypot(...moved)
  return [moved[0]! / length, moved[1]! / length, moved[2]! / length]
}

function millisBetween(left: Point, right: Point): number {
  const cosine = left[0] * right[0] + left[1] * right[1] + left[2] * right[2]
  return Math.acos(Math.min(1, Math.max(-1, cosine))) * earthMillis
}

import { distanceKm, type Place, placeOf, places } from './places.ts'
import { createRandom, type Random } from './random.ts'
import type { World } from './world.ts'

/** One client prefix and all that is constant about it. */
export interface ClientPrefix {
  readonly network: number
  /** 16 bytes, IPv4 mapped. */
  readonly bytes: Uint8Array
  readonly ipVersion: 4 | 6
  readonly place: Place
  /** The country that the operator's file says; 1 % may be wrong. */
  readonly countryOnFile: string
  /** Mean queries per second. */
  readonly queriesPerSecond: number
  readonly tcpShare: number
  readonly vlan: number | undefined
  /** Base RTT to each site of the world, microseconds. */
  readonly rttMicros: readonly number[]
  /** Number of the site that serves it in ordinary times. */
  readonly homeSite: number
  readonly hasTimestamps: boolean
  readonly hops: number
}

export interface SimulatedNetwork {
  readonly asn: number
  readonly name: string
  readonly isGlobal: boolean
}

export interface Population {
  readonly sites: readonly Place[]
  readonly networks: readonly SimulatedNetwork[]
  readonly prefixes: readonly ClientPrefix[]
}

/** Light in fibre: microseconds for 1 km there and back. */
const microsPerKm = 10
/** Private-use AS numbers (RFC 6996). */
const firstAsn = 4_200_000_000
const globalNames = ['Hyperion Cloud', 'Atlas Resolver', 'Meridian CDN', 'Borealis DNS']

/** Draws the networks and prefixes of a world. */
export function drawPopulation(world: World): Population {
  const random = createRandom(world.seed, 'population')
  const sites = world.sites.map((code) => placeOf(code)!)
  const count = world.globalNetworks + world.networks
  const networks = Array.from({ length: count }, (_, index) => nameNetwork(index, world))
  const drawn: ClientPrefix[] = []
  for (const [network, { isGlobal }] of networks.entries()) {
    const home = random.pick(places)
    const tcpShare = Math.min(0.9, world.tcpShare * (0.5 + random.uniform()))
    const prefixes = isGlobal ? world.prefixesPerNetwork * 3 : world.prefixesPerNetwork
    const weight = (isGlobal ? 6 : 1) / (1 + random.exponential(1))
    for (let index = 0; index < prefixes; index++) {
      const place = isGlobal ? places[(network + index * 7) % places.length]! : home
      const share = weight / prefixes
      drawn.push(
        drawPrefix({ world, sites, random, network, place, share, tcpShare, index: drawn.length }),
      )
    }
  }
  const total = drawn.reduce((sum, prefix) => sum + prefix.queriesPerSecond, 0)
  const scale = world.queriesPerSecond / total
  const scaled = drawn.map((prefix) => ({
    ...prefix,
    queriesPerSecond: prefix.queriesPerSecond * scale,
  }))
  const prefixes = withDominance(world, withStrays(world, scaled))
  return { sites, networks, prefixes }
}

/** Some networks are not served by the nearest site where they are: one draw for each place. */
function withStrays(world: World, prefixes: readonly ClientPrefix[]): readonly ClientPrefix[] {
  if (world.strayShare === 0 || world.sites.length < 2) return prefixes
  const random = createRandom(world.seed, 'strays')
  const rankOf = new Map<string, number>()
  return prefixes.map((prefix) => {
    const key = `${prefix.network}/${prefix.place.code}`
    const rank =
      rankOf.get(key) ?? (random.uniform() < world.strayShare ? 1 + random.integer(2) : 0)
    rankOf.set(key, rank)
    if (rank === 0) return prefix
    const ranked = prefix.rttMicros
      .map((_, site) => site)
      .sort((a, b) => prefix.rttMicros[a]! - prefix.rttMicros[b]!)
    return { ...prefix, homeSite: ranked[Math.min(rank, ranked.length - 1)]! }
  })
}

const dominantTimes = 4

/** A network that asks more than all others of its busiest site. */
function withDominance(world: World, prefixes: readonly ClientPrefix[]): readonly ClientPrefix[] {
  let result = prefixes
  for (const { kind, network } of world.nuisances) {
    if (kind !== 'dominance') continue
    const sumAt = (site: number, own: boolean): number =>
      prefixes
        .filter((prefix) => prefix.homeSite === site && (prefix.network === (network ?? 0)) === own)
        .reduce((sum, { queriesPerSecond }) => sum + queriesPerSecond, 0)
    const sites = world.sites.map((_, site) => site)
    const site = sites.sort((a, b) => sumAt(b, true) - sumAt(a, true))[0]!
    const times = (dominantTimes * sumAt(site, false)) / sumAt(site, true)
    result = result.map((prefix) =>
      prefix.network === (network ?? 0) && times > 1
        ? { ...prefix, queriesPerSecond: prefix.queriesPerSecond * times }
        : prefix,
    )
  }
  return result
}

function nameNetwork(index: number, world: World): SimulatedNetwork {
  const isGlobal = index < world.globalNetworks
  const name = isGlobal
    ? (globalNames[index] ?? `Global Network ${index}`)
    : `Access Network ${index - world.globalNetworks + 1}`
  return { asn: firstAsn + index, name, isGlobal }
}

interface Draw {
  readonly world: World
  readonly sites: readonly Place[]
  readonly random: Random
  readonly network: number
  readonly place: Place
  readonly share: number
  readonly tcpShare: number
  readonly index: number
}

/** Share of prefixes that are served by their second-nearest site, if it is not much farther. */
const imperfectShare = 0.1
const imperfectMicrosMax = 15_000

function drawPrefix({
  world,
  sites,
  random,
  network,
  place,
  share,
  tcpShare,
  index,
}: Draw): ClientPrefix {
  const ipVersion = random.uniform() < world.ipv6Share ? 6 : 4
  const accessMicros = 1000 + random.exponential(4000)
  const rttMicros = sites.map(
    (site) =>
      accessMicros + distanceKm(place, site) * microsPerKm * (1.2 + 0.6 * random.uniform()) + 300,
  )
  const nearest = rttMicros.map((_, site) => site).sort((a, b) => rttMicros[a]! - rttMicros[b]!)
  const [first, second] = nearest as [number, number | undefined]
  const isImperfect =
    random.uniform() < imperfectShare &&
    second !== undefined &&
    rttMicros[second]! - rttMicros[first]! < imperfectMicrosMax
  const isWrong = random.uniform() < world.wrongCountryShare
  return {
    network,
    bytes: prefixBytes(ipVersion, index),
    ipVersion,
    place,
    countryOnFile: isWrong ? random.pick(places).country : place.country,
    queriesPerSecond: share * (0.2 + random.exponential(1)),
    tcpShare,
    vlan: random.uniform() < world.vlanShare ? 100 + random.integer(50) : undefined,
    rttMicros,
    homeSite: isImperfect ? second : first,
    hasTimestamps: random.uniform() < world.timestampShare,
    hops: 4 + random.integer(16),
  }
}

/** Distinct prefixes: 1.0.0.0/24 onwards, and /48s of 2a00::/16. */
function prefixBytes(ipVersion: 4 | 6, index: number): Uint8Array {
  const bytes = new Uint8Array(16)
  if (ipVersion === 4) {
    const number = 0x01_00_00 + index
    bytes.set([0xff, 0xff, number >> 16, number >> 8, number], 10)
  } else bytes.set([0x2a, 0x00, index >> 16, index >> 8, index, 0x01])
  return bytes
}

import { drawPopulation, type Population, type World, type WorldEvent } from '@goldpan/simulator'
import { createRandom, type Random } from './rough-random.ts'

/** Worlds of packages/simulator drawn from a seed, of several varieties. */

/** What a variety changes, and what its analyzer is given. */
export interface Variety {
  readonly name: string
  readonly hours: number
  readonly sites: readonly [least: number, most: number]
  readonly networks: readonly [least: number, most: number]
  readonly changes?: Partial<World>
  /** Only handshakes are seen, no queries counted. */
  readonly handshakesOnly?: boolean
  /** The operator's file says no countries. */
  readonly withoutCountries?: boolean
}

const ordinary = { hours: 24, sites: [4, 16], networks: [30, 120] } as const

export const varieties: readonly Variety[] = [
  { name: 'ordinary', ...ordinary },
  { name: 'few sites', ...ordinary, sites: [3, 3] },
  { name: 'many sites', ...ordinary, sites: [25, 30], networks: [100, 200] },
  { name: 'few networks', ...ordinary, networks: [8, 14] },
  { name: 'little TCP', ...ordinary, changes: { tcpShare: 0.02 } },
  {
    name: 'heavy loss, no timestamps',
    ...ordinary,
    changes: { lossShare: 0.2, timestampShare: 0 },
  },
  { name: 'handshakes alone', ...ordinary, handshakesOnly: true },
  { name: 'no countries', ...ordinary, withoutCountries: true },
  { name: 'IPv6 alone', ...ordinary, changes: { ipv6Share: 1 } },
  { name: 'stray catchments', ...ordinary, changes: { strayShare: 0.15 } },
  { name: 'half an hour', ...ordinary, hours: 0.5 },
  { name: 'three hours', ...ordinary, hours: 3, handshakesOnly: true },
]

export const worldEvents = [
  'polarization',
  'polarization_standing',
  'detour_network_in_country',
  'detour_network',
  'detour_country',
] as const
export type WorldEventName = (typeof worldEvents)[number]

export interface DrawnWorld {
  readonly world: World
  readonly population: Population
  readonly event?: WorldEvent
}

const siteCodes = (
  'ams lhr fra cdg mad mxp arn waw otp ath ist iad lax ord dfw yyz mex gru eze scl ' +
  'bog jnb los nbo cai dxb bom del sin cgk bkk hkg tpe nrt icn mnl syd per akl'
).split(' ')

const between = (random: Random, [least, most]: readonly [number, number]): number =>
  least + random.below(most - least + 1)

function drawBase(seed: number, variety: Variety): { random: Random; world: World } {
  const random = createRandom(seed)
  const codes = siteCodes.map((code) => ({ code, draw: random.unit() }))
  codes.sort((left, right) => left.draw - right.draw)
  const world: World = {
    service: 'ns1.example',
    seed,
    start: '2026-03-03T00:00:00Z',
    hours: variety.hours,
    sites: codes.slice(0, between(random, variety.sites)).map(({ code }) => code),
    networks: between(random, variety.networks),
    globalNetworks: 2 + random.below(5),
    prefixesPerNetwork: 3 + random.below(8),
    queriesPerSecond: 60,
    tcpShare: 0.15,
    ipv6Share: 0.4,
    vlanShare: 0.1,
    timestampShare: 0.8,
    strayShare: 0,
    lossShare: 0.01,
    wrongCountryShare: 0.01,
    events: [],
    nuisances: [],
    ...variety.changes,
  }
  return { random, world }
}

/** A world with nuisances and, where asked for, one strong event; undefined without room for it. */
export function drawWorld(
  seed: number,
  variety: Variety,
  eventName: WorldEventName | undefined,
): DrawnWorld | undefined {
  const { random, world: base } = drawBase(seed, variety)
  const plain = drawPopulation(base)
  const event = eventName && drawEvent(random, base, plain, eventName)
  if (eventName && !event) return undefined
  const nuisances = drawNuisances(random, base, plain, event)
  const world = { ...base, nuisances, events: event ? [event] : [] }
  const scaled = event ? { ...world, queriesPerSecond: volumeFor(base, plain, event) } : world
  return { world: scaled, population: drawPopulation(scaled), ...(event ? { event } : {}) }
}

const triesMax = 3000
/** Queries a second at a TCP share of 15 %: more only makes the days long. */
const queriesMax = 300

function drawEvent(
  random: Random,
  world: World,
  population: Population,
  name: WorldEventName,
): WorldEvent | undefined {
  for (let tries = 0; tries < triesMax; tries++) {
    const event = proposeEvent(random, world, population, name)
    if (!isStrong(world, population, event, name)) continue
    if (volumeFor(world, population, event) <= (queriesMax * 0.15) / world.tcpShare) return event
  }
  return undefined
}

function proposeEvent(
  random: Random,
  { hours, sites, globalNetworks }: World,
  { networks, prefixes }: Population,
  name: WorldEventName,
): WorldEvent {
  const site = sites[random.below(sites.length)]!
  const startHour = (Math.round(hours * 60 * (0.3 + 0.4 * random.unit())) + random.unit()) / 60
  const isPolarization = name.startsWith('pol')
  const network = isPolarization ? random.below(globalNetworks) : random.below(networks.length)
  const own = prefixes.filter((prefix) => prefix.network === network)
  const { country } = own[random.below(own.length)]!.place
  return {
    kind: isPolarization ? 'polarization' : 'detour_by_site',
    site,
    ...(name === 'detour_country' ? {} : { network }),
    ...(name === 'detour_country' || name === 'detour_network_in_country' ? { country } : {}),
    ...(name === 'polarization_standing' ? {} : { startHour }),
  }
}

const clientsOf = ({ prefixes }: Population, { network, country }: WorldEvent) =>
  prefixes.filter(
    (prefix) =>
      (network === undefined || prefix.network === network) &&
      (country === undefined || prefix.place.country === country),
  )

/** 50 ms of mean excess, and what the kind is by its definition. */
function isStrong(
  { sites }: World,
  population: Population,
  event: WorldEvent,
  name: WorldEventName,
): boolean {
  const clients = clientsOf(population, event)
  const to = sites.indexOf(event.site)
  const moving = clients.filter(({ homeSite }) => homeSite !== to)
  const weigh = (part: typeof clients): number =>
    part.reduce((sum, { queriesPerSecond }) => sum + queriesPerSecond, 0)
  const worse = ({ rttMicros, homeSite }: (typeof clients)[number]): number =>
    (rttMicros[to]! - rttMicros[homeSite]!) / 1000
  const excess = moving.reduce((sum, one) => sum + one.queriesPerSecond * worse(one), 0)
  if (moving.length < 3 || excess < 50 * weigh(moving)) return false
  const homes = new Set(moving.map(({ homeSite }) => homeSite))
  const far = moving.filter((one) => worse(one) >= 20)
  if (name.startsWith('pol')) return homes.size > 1 && weigh(far) >= 0.3 * weigh(clients)
  if (homes.size > 1 || moving.length < clients.length) return false
  const from = [...homes][0]!
  const others = population.prefixes.filter(
    (prefix) => prefix.homeSite === from && !moving.includes(prefix),
  )
  const networks = new Set(moving.map(({ network }) => network))
  if (name === 'detour_country') return networks.size >= 3 && others.length >= 10
  const isGlobal = new Set(clients.map(({ place }) => place.country)).size > 1
  return others.length >= 10 && (name === 'detour_network' || isGlobal || networks.size === 1)
}

/** So many queries that the event has 1.3 handshakes a second at least. */
function volumeFor(world: World, population: Population, event: WorldEvent): number {
  const handshakes = clientsOf(population, event)
    .filter(({ homeSite }) => homeSite !== world.sites.indexOf(event.site))
    .reduce((sum, one) => sum + one.queriesPerSecond * one.tcpShare, 0)
  return Math.max(world.queriesPerSecond, (world.queriesPerSecond * 1.3) / handshakes)
}

function drawNuisances(
  random: Random,
  { sites, hours, globalNetworks, networks }: World,
  { prefixes }: Population,
  event: WorldEvent | undefined,
): World['nuisances'] {
  const start = (): number => hours * random.unit() * 0.9
  const site = (): string => sites[random.below(sites.length)]!
  const network = (): number => random.below(globalNetworks + networks)
  const country = (): string => prefixes[random.below(prefixes.length)]!.place.country
  const lasting = (): number => Math.min(0.1 + random.unit(), hours / 3)
  const moved = new Set(
    event
      ? prefixes
          .filter((one) => clientsOf({ prefixes } as never, event).includes(one))
          .map((one) => one.network)
      : [],
  )
  const flapping = (swingMinutes: number, startHour: number): World['nuisances'] => {
    const flips = network()
    if (moved.has(flips)) return []
    return [{ kind: 'flapping', network: flips, site: site(), startHour, swingMinutes }]
  }
  const spared = event ? clientsOf({ prefixes } as never, event)[0]!.homeSite : -1
  const gone = site()
  const at = (hour: number) => ({ startHour: hour, hours: lasting(), swingMinutes: 1 })
  return [
    { kind: 'sensor_outage', site: site(), ...at(start()) },
    ...(gone === event?.site || gone === sites[spared]
      ? []
      : [{ kind: 'site_outage' as const, site: gone, ...at(start()) }]),
    ...flapping(1, 0),
    ...flapping(1, start()),
    ...flapping(2 + random.below(8), 0),
    ...flapping(2 + random.below(8), start()),
    { kind: 'flash_crowd', country: country(), ...at(start()) },
    { kind: 'congestion', country: country(), ...at(start()), hours: Math.min(4, hours / 2) },
    { kind: 'burst', network: network(), ...at(start()) },
    { kind: 'dominance', network: network(), startHour: 0, swingMinutes: 1 },
  ]
}

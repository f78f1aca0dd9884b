import { asnOf, type RoughClient, type RoughWorld } from './rough-world.ts'

/** Plants one strong event: at least 1 handshake a second and 50 ms of excess. */

export const roughEvents = [
  'polarization',
  'polarization_standing',
  'detour_network_in_country',
  'detour_network',
  'detour_country',
] as const
export type RoughEvent = (typeof roughEvents)[number]

export interface RoughTruth {
  readonly event: RoughEvent
  readonly asn?: number
  readonly country?: string
  readonly siteFrom?: string
  readonly siteTo: string
  /** Minute of the day's data; absent for what stands. */
  readonly onset?: number
  readonly excessMillis: number
}

interface Plan {
  readonly clients: readonly RoughClient[]
  readonly network?: number
  readonly country?: number
  readonly from?: number
}

const triesMax = 20_000

/** Draws until an event fits; undefined when this world has no room for it. */
export function plantEvent(
  world: RoughWorld,
  event: RoughEvent,
  minutes: number,
): RoughTruth | undefined {
  const { random, sites } = world
  const onset = Math.round(minutes * (0.25 + random.unit() * 0.5))
  for (let tries = 0; tries < triesMax; tries++) {
    const plan = event.startsWith('pol') ? planPolarization(world) : planDetour(world, event)
    const to = random.below(sites.length)
    const affected = plan?.clients.filter((client) => client.home !== to) ?? []
    if (!plan || plan.from === to || !isStrong(world, affected, to)) continue
    if (event.startsWith('pol') && !isPolarizing(world, plan.clients, to)) continue
    const excessMillis = excessOf(world, affected, to)
    const standing = event === 'polarization_standing'
    send(affected, to, standing ? undefined : onset)
    const when = standing ? {} : { onset }
    return { event, ...culpritOf(world, plan), siteTo: sites[to]!, ...when, excessMillis }
  }
  return undefined
}

/** From the onset on, or always. */
function send(clients: readonly RoughClient[], to: number, onset: number | undefined): void {
  for (const client of clients) {
    if (onset === undefined) client.home = to
    else client.away = { from: onset, to }
  }
}

function culpritOf(
  { countries, sites }: RoughWorld,
  { network, country, from }: Plan,
): Pick<RoughTruth, 'asn' | 'country' | 'siteFrom'> {
  return {
    ...(network === undefined ? {} : { asn: asnOf(network) }),
    ...(country === undefined ? {} : { country: countries[country]! }),
    ...(from === undefined ? {} : { siteFrom: sites[from]! }),
  }
}

function planPolarization({ random, byNetwork }: RoughWorld): Plan | undefined {
  const network = random.below(byNetwork.length)
  const clients = byNetwork[network]!
  if (new Set(clients.map(({ home }) => home)).size < 3) return undefined
  return { clients, network }
}

function planDetour(world: RoughWorld, event: RoughEvent): Plan | undefined {
  const { random, byNetwork, clients } = world
  const network = random.below(byNetwork.length)
  const own = byNetwork[network]!
  const first = own[random.below(own.length)]
  if (!first) return undefined
  const country = event === 'detour_network' ? undefined : first.country
  const pool = event === 'detour_country' ? clients : own
  const inside = pool.filter((client) => country === undefined || client.country === country)
  const from = first.home
  const moving = inside.filter(({ home }) => home === from)
  const networks = new Set(moving.map((client) => client.network)).size
  const countries = new Set(own.map((client) => client.country)).size
  // The site must go on serving others.
  const others = clients.filter((client) => client.home === from && !moving.includes(client))
  if (others.length < 20 || moving.length < 0.9 * inside.length) return undefined
  if (event === 'detour_country')
    return networks < 4 ? undefined : { clients: moving, country: first.country, from }
  if (countries < 2) return undefined
  const place = country === undefined ? {} : { country }
  return { clients: moving, network, from, ...place }
}

function isStrong(world: RoughWorld, affected: readonly RoughClient[], to: number): boolean {
  if (affected.length < 3) return false
  const handshakes = affected.reduce((sum, one) => sum + one.perMinute * one.tcpShare, 0) / 60
  return handshakes >= 1 && excessOf(world, affected, to) >= 50
}

function excessOf(world: RoughWorld, affected: readonly RoughClient[], to: number): number {
  const worse = (one: RoughClient): number =>
    world.rttMillis(one, to) - world.rttMillis(one, one.home)
  return affected.reduce((sum, one) => sum + one.perMinute * worse(one), 0) / weightOf(affected)
}

/** A good part in several countries, not one client's. */
function isPolarizing(world: RoughWorld, clients: readonly RoughClient[], to: number): boolean {
  const far = clients.filter(
    (one) => world.rttMillis(one, to) - world.rttMillis(one, one.home) > 20,
  )
  const heaviest = Math.max(...clients.map(({ perMinute }) => perMinute))
  return (
    weightOf(far) >= 0.3 * weightOf(clients) &&
    heaviest < 0.5 * weightOf(clients) &&
    new Set(far.map(({ country }) => country)).size >= 3
  )
}

function weightOf(clients: readonly RoughClient[]): number {
  return clients.reduce((sum, { perMinute }) => sum + perMinute, 0)
}

import { createMinuteWindowBuilder, type MinuteWindow } from '@goldpan/anycast-analyzer'
import type { RoughClient, RoughWorld } from './rough-world.ts'

/** A rough world's traffic minute by minute, with the day's curve and nuisances. */

export const roughStartMinute = Date.UTC(2026, 2, 3) / 60_000

interface Period {
  readonly from: number
  readonly minutes: number
}

/** Everything that must not raise a finding. */
interface Nuisances {
  /** A sensor that is silent, a site that is gone. */
  readonly silent: Period & { readonly site: number }
  readonly gone: Period & { readonly site: number }
  /** A network asks thirty times as much; a client fifty times. */
  readonly crowd: Period & { readonly network: number }
  readonly burst: Period & { readonly client: number }
  /** Networks with up to 25 ms of evening congestion. */
  readonly congested: ReadonlySet<number>
}

/** Makes four networks flip between two sites: by the minute or in swings, at once or later. */
export function addFlapping(world: RoughWorld, minutes: number, spare: ReadonlySet<number>): void {
  const { random, byNetwork, sites } = world
  for (let times = 0; times < 4; times++) {
    const network = random.below(byNetwork.length)
    if (spare.has(network)) continue
    const other = random.below(sites.length)
    const begins = times % 2 === 1 ? Math.round(minutes * random.unit()) : 0
    const swing = times < 2 ? 0 : 2 + random.below(8)
    const isOther = (minute: number): boolean =>
      swing === 0 ? random.unit() < 0.5 : Math.floor((minute - begins) / swing) % 2 === 1
    for (const client of byNetwork[network]!) {
      client.flap = (minute) => (minute >= begins && isOther(minute) ? other : client.home)
    }
  }
}

/** Every minute of the world. */
export function* roughMinutes(world: RoughWorld, minutes: number): Iterable<MinuteWindow> {
  const builder = createMinuteWindowBuilder(1 << 16)
  const nuisances = drawNuisances(world, minutes)
  const refuge = refugesOf(world, nuisances)
  for (let minute = 0; minute < minutes; minute++) {
    for (const client of world.clients) {
      const queries = world.random.poisson(meanQueries(client, minute, nuisances))
      if (queries === 0) continue
      const site = whereSeen(client, minute, nuisances, refuge)
      if (site === undefined) continue
      builder.addSeen(client.number, site, queries)
      const congested = nuisances.congested.has(client.network) ? evening(minute) : 0
      for (const rttMicros of drawRtts(world, client, { site, queries, congested })) {
        builder.addHandshake(client.number, site, rttMicros)
      }
    }
    yield builder.take(roughStartMinute + minute)
  }
}

/** Where each client goes when the site that will be gone is gone. */
function refugesOf(world: RoughWorld, nuisances: Nuisances): ReadonlyMap<number, number> {
  return new Map(
    world.clients.map((client) => [
      client.number,
      world.ranked(client).find((site) => site !== nuisances.gone.site)!,
    ]),
  )
}

function* drawRtts(
  { random, rttMillis }: RoughWorld,
  client: RoughClient,
  now: { readonly site: number; readonly queries: number; readonly congested: number },
): Iterable<number> {
  const handshakes = random.poisson(now.queries * client.tcpShare)
  for (let count = 0; count < handshakes; count++) {
    const jitter = Math.exp(random.normal()) + now.congested * random.unit() * 1.2
    yield Math.round((rttMillis(client, now.site) + jitter) * 1000)
  }
}

function drawNuisances({ random, sites, byNetwork, clients }: RoughWorld, minutes: number) {
  const period = (least: number, most: number): Period => ({
    from: random.below(minutes),
    minutes: least + random.below(most - least),
  })
  const share = Math.ceil(byNetwork.length / 5)
  const nuisances: Nuisances = {
    silent: { site: random.below(sites.length), ...period(5, 65) },
    gone: { site: random.below(sites.length), ...period(5, 70) },
    crowd: { network: random.below(byNetwork.length), ...period(30, 60) },
    burst: { client: random.below(clients.length), ...period(20, 40) },
    congested: new Set(Array.from({ length: share }, () => random.below(byNetwork.length))),
  }
  return nuisances
}

function isDuring(period: Period, minute: number): boolean {
  return minute >= period.from && minute < period.from + period.minutes
}

/** The site that sees the client; undefined where a silent sensor should have. */
function whereSeen(
  client: RoughClient,
  minute: number,
  nuisances: Nuisances,
  refuge: ReadonlyMap<number, number>,
): number | undefined {
  const planned = siteOf(client, minute)
  const { gone, silent } = nuisances
  const isGone = isDuring(gone, minute) && planned === gone.site
  const site = isGone ? refuge.get(client.number)! : planned
  return isDuring(silent, minute) && site === silent.site ? undefined : site
}

function siteOf(client: RoughClient, minute: number): number {
  if (client.away && minute >= client.away.from) return client.away.to
  return client.flap ? client.flap(minute) : client.home
}

function meanQueries(client: RoughClient, minute: number, nuisances: Nuisances): number {
  const mean = client.perMinute * (0.65 + 0.35 * Math.sin((minute / 1440) * 2 * Math.PI))
  const { crowd, burst } = nuisances
  if (isDuring(crowd, minute) && crowd.network === client.network) return mean * 30
  if (isDuring(burst, minute) && burst.client === client.number) return Math.max(mean * 50, 500)
  return mean
}

function evening(minute: number): number {
  return 25 * Math.max(0, Math.sin((minute / 1440) * 2 * Math.PI - 2))
}

import { parsePacketTime } from '@goldpan/core'
import { burstsAt, busynessAt, isSensorAlive, queueMicrosAt, siteAt } from './catchment.ts'
import type { Population } from './population.ts'
import { createRandom } from './random.ts'
import type { World } from './world.ts'

/** One TCP connection as it will be seen at its site; times are whole microseconds. */
export interface Connection {
  readonly prefix: number
  /** Last byte of the client's address. */
  readonly host: number
  readonly port: number
  /** Packet time of the SYN. */
  readonly synMicros: number
  readonly acceptMicros: number
  readonly rttMicros: number
  /** The first SYN-ACK was lost on its way and sent again after a second. */
  readonly isRetransmitted: boolean
}

/** What one site sees in one minute. */
export interface SiteMinute {
  readonly site: string
  readonly alive: boolean
  readonly connections: readonly Connection[]
  /** UDP queries by prefix. */
  readonly udpQueries: ReadonlyMap<number, number>
}

export interface WorldMinute {
  /** Minutes after the start. */
  readonly minute: number
  readonly minuteSeconds: number
  readonly sites: readonly SiteMinute[]
}

const burstQueriesPerSecond = 5

/** Draws what happens, minute by minute; packets and rows are both made from it. */
export function* drawMinutes(world: World, population: Population): Generator<WorldMinute> {
  const random = createRandom(world.seed, 'traffic')
  const startSeconds = Math.floor(parsePacketTime(world.start)! / 60e6) * 60
  const ports = new Uint16Array(population.prefixes.length)
  for (let minute = 0; minute < world.hours * 60; minute++) {
    const minuteSeconds = startSeconds + minute * 60
    const bursts = burstsAt(world, population, minute)
    const connections: Connection[][] = world.sites.map(() => [])
    const udp = world.sites.map(() => new Map<number, number>())
    for (const [index, prefix] of population.prefixes.entries()) {
      const more = bursts.has(index) ? burstQueriesPerSecond : 0
      const rate = prefix.queriesPerSecond * busynessAt(world, prefix, minute) + more
      const site = siteAt(world, prefix, minute)
      const tcp = random.poisson(rate * 60 * prefix.tcpShare)
      const udpQueries = random.poisson(rate * 60 * (1 - prefix.tcpShare))
      if (udpQueries > 0) udp[site]!.set(index, udpQueries)
      const queueMicros = queueMicrosAt(world, prefix, minute)
      for (let count = 0; count < tcp; count++) {
        const base = prefix.rttMicros[site]! + queueMicros * random.uniform()
        connections[site]!.push({
          prefix: index,
          host: 1 + random.integer(3),
          port: 1024 + (ports[index]!++ % 60_000),
          synMicros: minuteSeconds * 1e6 + Math.floor(random.uniform() * 59e6),
          acceptMicros: 5 + Math.round(random.exponential(20)),
          rttMicros: Math.round(
            base * (1 + 0.03 * random.exponential(1)) + random.exponential(150),
          ),
          isRetransmitted: random.uniform() < world.lossShare,
        })
      }
    }
    yield {
      minute,
      minuteSeconds,
      sites: world.sites.map((site, number) => ({
        site,
        alive: isSensorAlive(world, site, minute),
        connections: connections[number]!,
        udpQueries: udp[number]!,
      })),
    }
  }
}

import {
  addressBytes,
  createHandshakeBatch,
  createTrafficBatch,
  type HandshakeBatch,
  handshakeFlag,
  handshakePresent,
  type TrafficBatch,
  trafficPresent,
} from '@goldpan/core'
import { drawMinutes, type SiteMinute } from './connections.ts'
import type { Population } from './population.ts'
import { serverAddress } from './server-address.ts'
import type { World } from './world.ts'

export interface SimulatedSite {
  readonly site: string
  /** The sensor is on; else nothing was seen. */
  readonly alive: boolean
  readonly handshakes: HandshakeBatch
  readonly traffic: TrafficBatch
}

export interface SimulatedMinute {
  readonly minuteSeconds: number
  readonly sites: readonly SimulatedSite[]
}

/** The fast path: what sensors would send of a world, minute by minute, without packets. */
export function* simulateMinutes(world: World, population: Population): Generator<SimulatedMinute> {
  for (const { minuteSeconds, sites } of drawMinutes(world, population)) {
    yield {
      minuteSeconds,
      sites: sites.map((seen) => ({
        site: seen.site,
        alive: seen.alive,
        handshakes: toHandshakes(seen, population),
        traffic: toTraffic(seen, population, minuteSeconds),
      })),
    }
  }
}

const retransmissionMicros = 1_000_000

function toHandshakes({ alive, connections }: SiteMinute, population: Population): HandshakeBatch {
  const batch = createHandshakeBatch(alive ? connections.length : 0)
  if (!alive) return batch
  const inOrder = connections
    .map((connection) => {
      const { synMicros, acceptMicros, rttMicros, isRetransmitted } = connection
      const again = isRetransmitted ? retransmissionMicros : 0
      const synackMicros = synMicros + acceptMicros + again
      return { connection, synackMicros, ackMicros: synackMicros + rttMicros }
    })
    .sort((left, right) => left.ackMicros - right.ackMicros)
  for (const [row, { connection, synackMicros }] of inOrder.entries()) {
    const { prefix, host, port, acceptMicros, rttMicros, isRetransmitted } = connection
    const { bytes, ipVersion, hops, hasTimestamps } = population.prefixes[prefix]!
    batch.timeMicros[row] = synackMicros
    batch.prefix.set(bytes, row * addressBytes)
    batch.client.set(bytes, row * addressBytes)
    batch.client[row * addressBytes + addressBytes - 1] = host
    batch.clientPort[row] = port
    batch.server.set(serverAddress(ipVersion), row * addressBytes)
    batch.serverPort[row] = 53
    batch.rttMicros[row] = rttMicros
    batch.acceptMicros[row] = acceptMicros
    batch.hops[row] = hops
    batch.synackRetransmissions[row] = isRetransmitted ? 1 : 0
    batch.flags[row] = isRetransmitted && !hasTimestamps ? handshakeFlag.ambiguous : 0
    batch.present[row] = handshakePresent.client | handshakePresent.accept | handshakePresent.hops
  }
  batch.length = connections.length
  return batch
}

function toTraffic(seen: SiteMinute, population: Population, minuteSeconds: number): TrafficBatch {
  if (!seen.alive) return createTrafficBatch(0)
  const tcp = new Map<number, number>()
  for (const { prefix } of seen.connections) tcp.set(prefix, (tcp.get(prefix) ?? 0) + 1)
  const prefixes = [...new Set([...seen.udpQueries.keys(), ...tcp.keys()])]
  const batch = createTrafficBatch(prefixes.length)
  batch.length = prefixes.length
  for (const [row, prefix] of prefixes.entries()) {
    batch.minuteSeconds[row] = minuteSeconds
    batch.prefix.set(population.prefixes[prefix]!.bytes, row * addressBytes)
    batch.udpQueries[row] = seen.udpQueries.get(prefix) ?? 0
    batch.tcpQueries[row] = tcp.get(prefix) ?? 0
    batch.handshakes[row] = tcp.get(prefix) ?? 0
    batch.samplingRate[row] = 1
    batch.present[row] =
      trafficPresent.prefix |
      trafficPresent.udpQueries |
      trafficPresent.tcpQueries |
      trafficPresent.truncatedAnswers |
      trafficPresent.handshakes
  }
  return batch
}

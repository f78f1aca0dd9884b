import { join } from 'node:path'
import { analyzeWarehouse } from '@goldpan/anycast-analyzer'
import { handshakeFlag, parsePacketTime, rttBucket } from '@goldpan/core'
import { readNetworkTable, readSites } from '@goldpan/estimator'
import {
  type ClientPrefix,
  drawPopulation,
  type Population,
  simulateMinutes,
  type World,
  writeWorld,
} from '@goldpan/simulator'
import type { Warehouse } from '@goldpan/warehouse'
import { fillWarehouse } from './filled-warehouse.ts'

/** A warehouse of a world's captures with names of networks and findings, as analyze leaves it. */
export async function analyzedWarehouse(world: World, folder: string): Promise<Warehouse> {
  await writeWorld(world, { folder, packets: true })
  const warehouse = await fillWarehouse(world, folder)
  const networks = readNetworkTable([join(folder, 'networks.csv')])
  const sites = readSites(join(folder, 'sites.csv'))
  if (!networks.ok || !sites.ok) throw new Error('the world wrote files that cannot be read')
  const names = [...networks.value.names()].map(([asn, name]) => ({ asn, name }))
  await warehouse.insertRows('networks', names, 'networks')
  await analyzeWarehouse({ warehouse, service: world.service, sites: sites.value })
  return warehouse
}

/** One handshake that counts, as the world drew it. */
export interface TrueHandshake {
  readonly site: string
  readonly timeSeconds: number
  readonly bucket: number
  readonly client: ClientPrefix
}

/** Queries and handshakes of one prefix in one minute at one site, as the world drew them. */
export interface TrueTraffic {
  readonly site: string
  readonly minuteSeconds: number
  readonly client: ClientPrefix
  readonly queries: number
  readonly udpQueries: number
  readonly tcpQueries: number
  readonly handshakes: number
}

export interface WorldRows {
  readonly population: Population
  readonly handshakes: readonly TrueHandshake[]
  readonly traffic: readonly TrueTraffic[]
  readonly fromSeconds: number
  readonly toSeconds: number
}

/** The rows of a world straight from its draws, without packets, bus or engine. */
export function drawRows(world: World): WorldRows {
  const population = drawPopulation(world)
  const clients = new Map(population.prefixes.map((client) => [keyOf(client.bytes), client]))
  const handshakes: TrueHandshake[] = []
  const traffic: TrueTraffic[] = []
  for (const { sites } of simulateMinutes(world, population)) {
    for (const { site, handshakes: batch, traffic: counts } of sites) {
      for (let row = 0; row < batch.length; row++) {
        if (batch.flags[row]! & handshakeFlag.ambiguous) continue
        handshakes.push({
          site,
          timeSeconds: Math.floor(batch.timeMicros[row]! / 1e6),
          bucket: rttBucket(batch.rttMicros[row]!),
          client: clients.get(keyOf(batch.prefix.subarray(row * 16, row * 16 + 16)))!,
        })
      }
      for (let row = 0; row < counts.length; row++) {
        traffic.push({
          site,
          minuteSeconds: counts.minuteSeconds[row]!,
          client: clients.get(keyOf(counts.prefix.subarray(row * 16, row * 16 + 16)))!,
          queries: counts.udpQueries[row]! + counts.tcpQueries[row]!,
          udpQueries: counts.udpQueries[row]!,
          tcpQueries: counts.tcpQueries[row]!,
          handshakes: counts.handshakes[row]!,
        })
      }
    }
  }
  const fromSeconds = parsePacketTime(world.start)! / 1e6
  return {
    population,
    handshakes,
    traffic,
    fromSeconds,
    toSeconds: fromSeconds + world.hours * 3600,
  }
}

const keyOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

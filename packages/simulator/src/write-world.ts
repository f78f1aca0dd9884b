import { once } from 'node:events'
import { createWriteStream, mkdirSync, type WriteStream, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { formatPrefix } from '@goldpan/core'
import { createPcapWriter } from '@goldpan/packet'
import { HandshakeCsvFormatter, handshakeCsvHeader } from '@goldpan/wire/handshake-csv'
import { drawMinutes } from './connections.ts'
import { drawPopulation, type Population } from './population.ts'
import { simulateMinutes } from './simulate-minutes.ts'
import { SitePackets, type TimedFrame } from './site-packets.ts'
import { worldTruth } from './truth.ts'
import type { World } from './world.ts'

export interface WriteWorldOptions {
  readonly folder: string
  /** `packets`: SITE.pcap; else handshake files, SITE.csv, without traffic counts. */
  readonly packets: boolean
  readonly onProgress?: (minute: number, minutes: number) => void
}

/** Writes what the sites of a world captured, sites.csv, networks.csv and truth.json. */
export async function writeWorld(world: World, options: WriteWorldOptions): Promise<void> {
  const { folder, packets } = options
  mkdirSync(folder, { recursive: true })
  const population = drawPopulation(world)
  writePlaces(world, folder)
  const truth = { service: world.service, events: worldTruth(world, population) }
  writeFileSync(join(folder, 'truth.json'), `${JSON.stringify(truth, null, 2)}\n`)
  const extension = packets ? 'pcap' : 'csv'
  const files = world.sites.map((site) => createWriteStream(join(folder, `${site}.${extension}`)))
  await (packets ? writePackets : writeHandshakes)(world, population, files, options)
  for (const file of files) {
    file.end()
    await once(file, 'close')
  }
}

/** Writes sites.csv and networks.csv alone: what an operator knows of a world. */
export function writePlaces(world: World, folder: string): void {
  const population = drawPopulation(world)
  writeFileSync(join(folder, 'sites.csv'), formatSites(population))
  writeFileSync(join(folder, 'networks.csv'), formatNetworks(population))
}

const snapLength = 96

async function writePackets(
  world: World,
  population: Population,
  files: readonly WriteStream[],
  { onProgress }: WriteWorldOptions,
): Promise<void> {
  const pcap = createPcapWriter({ snapLength })
  const write = async (file: WriteStream, frames: readonly TimedFrame[]): Promise<void> => {
    const records = frames.map(({ micros, frame }) => {
      const seconds = Math.floor(micros / 1e6)
      return pcap.record(seconds, (micros - seconds * 1e6) * 1000, frame)
    })
    if (!file.write(Buffer.concat(records))) await once(file, 'drain')
  }
  const makers = world.sites.map((site) => new SitePackets(world, population, site))
  for (const file of files) file.write(pcap.header)
  for (const { minute, minuteSeconds, sites } of drawMinutes(world, population)) {
    for (const [number, seen] of sites.entries()) {
      await write(files[number]!, makers[number]!.ofMinute(seen, minute, minuteSeconds))
    }
    onProgress?.(minute + 1, world.hours * 60)
  }
  for (const [number, maker] of makers.entries()) await write(files[number]!, maker.rest())
}

async function writeHandshakes(
  world: World,
  population: Population,
  files: readonly WriteStream[],
  { onProgress }: WriteWorldOptions,
): Promise<void> {
  const formatters = world.sites.map((site) => new HandshakeCsvFormatter(site))
  for (const file of files) file.write(handshakeCsvHeader)
  let minute = 0
  for (const { sites } of simulateMinutes(world, population)) {
    for (const [number, { handshakes }] of sites.entries()) {
      const rows = Buffer.from(formatters[number]!.format(handshakes))
      if (!files[number]!.write(rows)) await once(files[number]!, 'drain')
    }
    onProgress?.(++minute, world.hours * 60)
  }
}

function formatSites({ sites }: Population): string {
  const rows = sites.map(({ code, city, country, latitude, longitude }) =>
    [code, city, country, latitude, longitude].join(),
  )
  return ['code,city,country,latitude,longitude', ...rows, ''].join('\n')
}

function formatNetworks({ networks, prefixes }: Population): string {
  const rows = prefixes.map(({ bytes, network, countryOnFile }) =>
    [formatPrefix(bytes), networks[network]!.asn, networks[network]!.name, countryOnFile].join(),
  )
  return ['prefix,asn,name,country', ...rows, ''].join('\n')
}

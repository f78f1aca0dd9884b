import { createPcapWriter, type PcapWriter } from '@goldpan/packet'
import { drawMinutes } from './connections.ts'
import { drawPopulation } from './population.ts'
import { SitePackets, type TimedFrame } from './site-packets.ts'
import type { World } from './world.ts'

/** Packets that are due at one time. */
export interface DuePackets {
  /** Packet time of the first of them, microseconds since 1970. */
  readonly micros: number
  /** Records of a capture file. */
  readonly records: Uint8Array
}

export interface SiteReplay {
  readonly header: Uint8Array
  /** In the order of time, about a tenth of a second each. */
  packets(): Generator<DuePackets>
}

const sliceMicros = 100_000
const snapLength = 96

/** What the sensor of one site would see of a world, for a reader that takes it as it happens. */
export function replaySite(world: World, site: string): SiteReplay {
  const pcap = createPcapWriter({ snapLength })
  const population = drawPopulation(world)
  const maker = new SitePackets(world, population, site)
  const number = world.sites.indexOf(site)
  return {
    header: pcap.header,
    *packets() {
      for (const { minute, minuteSeconds, sites } of drawMinutes(world, population)) {
        yield* toSlices(maker.ofMinute(sites[number]!, minute, minuteSeconds), pcap)
      }
    },
  }
}

/** Cuts the packets of a minute into slices of a tenth of a second. */
function* toSlices(frames: readonly TimedFrame[], pcap: PcapWriter): Generator<DuePackets> {
  let micros = 0
  let records: Uint8Array[] = []
  for (const timed of frames) {
    if (records.length > 0 && timed.micros - micros >= sliceMicros) {
      yield { micros, records: Buffer.concat(records) }
      records = []
    }
    if (records.length === 0) micros = timed.micros
    const seconds = Math.floor(timed.micros / 1e6)
    records.push(pcap.record(seconds, (timed.micros - seconds * 1e6) * 1000, timed.frame))
  }
  if (records.length > 0) yield { micros, records: Buffer.concat(records) }
}

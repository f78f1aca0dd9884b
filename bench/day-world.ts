import { readFileSync } from 'node:fs'
import { addressBytes, formatPrefix, type HandshakeBatch, handshakePresent } from '@goldpan/core'
import { type ClientPrefix, drawPopulation, parseWorld, type World } from '@goldpan/simulator'
import { createRandom, type Random } from './rough-random.ts'

/** The world that figures of storage, inserts and panels are of: bench/day.yaml. */
export interface DayWorld {
  readonly world: World
  readonly prefixes: readonly DayPrefix[]
  /** Lines of the operator's file of networks. */
  readonly networkLines: readonly string[]
  readonly names: ReadonlyMap<number, string>
}

export interface DayPrefix extends ClientPrefix {
  readonly asn: number
  readonly site: string
}

export function readDayWorld(): DayWorld {
  const parsed = parseWorld(readFileSync(new URL('./day.yaml', import.meta.url), 'utf8'))
  if (!parsed.ok) throw new Error(parsed.error.message)
  const world = parsed.value
  const { networks, prefixes } = drawPopulation(world)
  const placed = prefixes.map((prefix) => ({
    ...prefix,
    asn: networks[prefix.network]!.asn,
    site: world.sites[prefix.homeSite]!,
  }))
  const names = new Map(networks.map(({ asn, name }) => [asn, name]))
  const lines = placed.map(({ bytes, asn, countryOnFile }) =>
    [formatPrefix(bytes), asn, names.get(asn), countryOnFile].join(),
  )
  return { world, prefixes: placed, networkLines: ['prefix,asn,name,country', ...lines], names }
}

/** Handshakes a second of a prefix. */
export const handshakeRate = ({ queriesPerSecond, tcpShare }: ClientPrefix): number =>
  queriesPerSecond * tcpShare

const slotsPerSite = 2 ** 16

/** Draws the handshakes of one site, each from a client of its own prefixes. */
export class SiteDraws {
  readonly #random: Random
  /** Each prefix as often as its handshakes are. */
  readonly #slots: DayPrefix[] = []

  constructor(day: DayWorld, site: string, seed = 1) {
    this.#random = createRandom(seed + day.world.sites.indexOf(site))
    const own = day.prefixes.filter((prefix) => prefix.site === site)
    const sum = own.reduce((total, prefix) => total + handshakeRate(prefix), 0)
    let until = 0
    for (const prefix of own) {
      until += (handshakeRate(prefix) / sum) * slotsPerSite
      while (this.#slots.length < until) this.#slots.push(prefix)
    }
  }

  /** Fills `batch` with `rows` handshakes, as a sensor sends them under `--clients prefix`. */
  fill(batch: HandshakeBatch, rows: number, startMicros: number, microsPerRow: number): void {
    const random = this.#random
    for (let row = 0; row < rows; row++) {
      const prefix = this.#slots[random.below(this.#slots.length)]!
      const at = row * addressBytes
      batch.prefix.set(prefix.bytes, at)
      if (prefix.ipVersion === 4) batch.server.set(serverV4, at)
      else batch.server.set(serverV6, at)
      batch.timeMicros[row] = startMicros + row * microsPerRow
      batch.serverPort[row] = 53
      const base = prefix.rttMicros[prefix.homeSite]!
      batch.rttMicros[row] = base - 2000 * Math.log(1 - random.unit())
      batch.acceptMicros[row] = 20 + random.below(100)
      batch.hops[row] = prefix.hops
      batch.present[row] = handshakePresent.accept | handshakePresent.hops
    }
    batch.length = rows
  }
}

const serverV4 = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 53)
const serverV6 = Uint8Array.of(0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x53)

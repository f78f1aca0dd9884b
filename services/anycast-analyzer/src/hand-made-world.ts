import type { Finding } from '@goldpan/core'
import { type Analyzer, createAnalyzer } from './analyzer.ts'
import { createMinuteWindowBuilder } from './minute-window.ts'
import { createPrefixTable, type PrefixTable } from './prefix-table.ts'

/** Small worlds for the tests of this service, told prefix by prefix; only jitter is drawn. */

export interface HandMadeClient {
  readonly asn: number
  readonly country: string
  readonly ipVersion?: 4 | 6
  /** Site at a minute; undefined where the client is not seen. */
  readonly site: (minute: number) => string | undefined
  /** RTT in milliseconds at a site. */
  readonly rttMillis: (site: string, minute: number) => number
  /** Queries a minute; default 10. */
  readonly queries?: number | ((minute: number) => number)
  /** Handshakes a minute; default 1. */
  readonly handshakes?: number
}

export interface HandMadeRun {
  readonly analyzer: Analyzer
  readonly findings: readonly Finding[]
  readonly table: PrefixTable
}

/** First minute of every hand-made world: 2026-01-01 00:00 UTC. */
export const firstMinute = Date.UTC(2026, 0, 1) / 60_000

/** RFC 3339 time of a minute of the world. */
export function timeOfMinute(minute: number): string {
  return `${new Date((firstMinute + minute) * 60_000).toISOString().slice(0, 19)}.000000Z`
}

/** Walks an analyzer through `minutes` minutes of the clients' lives. */
export function runHandMadeWorld(clients: readonly HandMadeClient[], minutes: number): HandMadeRun {
  const sites = ['ams', 'fra', 'gru', 'syd']
  const table = createPrefixTable()
  const prefixes = clients.map((client, index) => {
    const bytes = new Uint8Array(16)
    if (client.ipVersion === 6) bytes.set([0x20, 0x01, 0x0d, 0xb8, index >> 8, index & 255])
    else bytes.set([0xff, 0xff, 10, index >> 8, index & 255, 0], 10)
    return table.add(bytes, 0, client.asn, client.country)
  })
  const analyzer = createAnalyzer({
    service: 'ns1.example',
    sites: sites.map((code) => ({ code })),
    table,
    weight: 'queries',
  })
  const builder = createMinuteWindowBuilder(4)
  const jitter = lehmer(7)
  for (let minute = 0; minute < minutes; minute++) {
    for (const [index, client] of clients.entries()) {
      const code = client.site(minute)
      if (code === undefined) continue
      const site = sites.indexOf(code)
      const { queries = 10, handshakes = 1 } = client
      const asked = typeof queries === 'number' ? queries : queries(minute)
      builder.addSeen(prefixes[index]!, site, asked)
      for (let count = 0; count < handshakes; count++) {
        const millis = client.rttMillis(code, minute) + jitter() * 4
        builder.addHandshake(prefixes[index]!, site, Math.round(millis * 1000))
      }
    }
    analyzer.advance(builder.take(firstMinute + minute))
  }
  analyzer.finish()
  return { analyzer, findings: analyzer.findings(), table }
}

/** `count` equal clients of one network in one country. */
export function clientsOf(count: number, client: HandMadeClient): HandMadeClient[] {
  return Array.from({ length: count }, () => client)
}

/** Park and Miller's generator, uniform in [0, 1). */
export function lehmer(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 48_271) % 2_147_483_647
    return state / 2_147_483_647
  }
}

/** What a client of each country has at each site, milliseconds. */
const millis: Record<string, Record<string, number>> = {
  NL: { ams: 8, fra: 15, gru: 200, syd: 270 },
  DE: { ams: 14, fra: 7, gru: 205, syd: 265 },
  BR: { ams: 195, fra: 200, gru: 12, syd: 310 },
  AU: { ams: 275, fra: 270, gru: 310, syd: 11 },
}
export const nearest: Record<string, string> = { NL: 'ams', DE: 'fra', BR: 'gru', AU: 'syd' }

/** One client of a network in a country, at its nearest site unless told otherwise. */
export function client(
  asn: number,
  country: string,
  more: Partial<HandMadeClient> = {},
): HandMadeClient {
  return {
    asn,
    country,
    site: () => nearest[country]!,
    rttMillis: (site) => millis[country]![site]!,
    ...more,
  }
}

/** Three ordinary networks in each country, five prefixes each. */
export const ordinary = Object.keys(nearest).flatMap((country) =>
  [1, 2, 3].flatMap((network) =>
    clientsOf(5, client(100 * network + country.charCodeAt(0), country)),
  ),
)
/** A site by minute: `then` from a minute on, until another. */
export const from =
  (minute: number, then: string, until = 1e9) =>
  (country: string) =>
  (now: number): string =>
    now >= minute && now < until ? then : nearest[country]!

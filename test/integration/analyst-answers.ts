import { addressBytes, formatAddress, handshakeFlag } from '@goldpan/core'
import { drawPopulation, simulateMinutes, type World } from '@goldpan/simulator'

/** The answers to the analyst's questions out of what the simulator drew: slow and obvious. */

interface TrueHandshake {
  readonly site: string
  readonly micros: number
  readonly prefix: string
  readonly ip_version: 4 | 6
  readonly asn: number
  readonly country: string
  readonly rtt: number
  readonly accept: number
  readonly hops: number
  readonly retransmitted: boolean
  readonly ambiguous: boolean
}

interface TrueTraffic {
  readonly site: string
  readonly prefix: string
  readonly ip_version: 4 | 6
  readonly asn: number
  readonly country: string
  readonly udp: number
  readonly tcp: number
}

type Row = Readonly<Record<string, unknown>>

export interface TrueRows {
  readonly handshakes: readonly TrueHandshake[]
  /** Without those that are listed and never aggregated. */
  readonly counting: readonly TrueHandshake[]
  readonly traffic: readonly TrueTraffic[]
}

/** What happened in a world, row by row. */
export function readTrueRows(world: World): TrueRows {
  const population = drawPopulation(world)
  const about = new Map(
    population.prefixes.map((prefix) => [
      formatAddress(prefix.bytes, 0),
      {
        prefix: clickHouseAddress(formatAddress(prefix.bytes, 0)),
        ip_version: prefix.ipVersion,
        asn: population.networks[prefix.network]!.asn,
        country: prefix.countryOnFile,
      },
    ]),
  )
  const handshakes: TrueHandshake[] = []
  const traffic: TrueTraffic[] = []
  for (const { sites } of simulateMinutes(world, population)) {
    for (const { site, handshakes: batch, traffic: counts } of sites) {
      for (let row = 0; row < batch.length; row++) {
        handshakes.push({
          site,
          ...about.get(formatAddress(batch.prefix, row * addressBytes))!,
          micros: batch.timeMicros[row]!,
          rtt: batch.rttMicros[row]!,
          accept: batch.acceptMicros[row]!,
          hops: batch.hops[row]!,
          retransmitted: batch.synackRetransmissions[row]! > 0,
          ambiguous: (batch.flags[row]! & handshakeFlag.ambiguous) > 0,
        })
      }
      for (let row = 0; row < counts.length; row++) {
        traffic.push({
          site,
          ...about.get(formatAddress(counts.prefix, row * addressBytes))!,
          udp: counts.udpQueries[row]!,
          tcp: counts.tcpQueries[row]!,
        })
      }
    }
  }
  return { handshakes, counting: handshakes.filter(({ ambiguous }) => !ambiguous), traffic }
}

/** ClickHouse prints mapped addresses as such. */
const clickHouseAddress = (text: string): string => (text.includes(':') ? text : `::ffff:${text}`)

/** The element that `quantileExact(0.5)` takes. */
const median = (values: readonly number[]): number =>
  values.toSorted((left, right) => left - right)[Math.floor(values.length / 2)]!

const sum = (values: readonly number[]): number => values.reduce((left, right) => left + right, 0)
const queriesOf = (rows: readonly TrueTraffic[]): number =>
  sum(rows.map(({ udp, tcp }) => udp + tcp))
const rttsOf = (rows: readonly TrueHandshake[]): number[] => rows.map(({ rtt }) => rtt)
const countOf = (values: readonly unknown[]): number => new Set(values).size

/** Rows by key, the keys in order. */
function by<T>(rows: readonly T[], keyOf: (row: T) => string | number): [string, T[]][] {
  return [...Map.groupBy(rows, (row) => String(keyOf(row)))].sort(([left], [right]) =>
    left < right ? -1 : 1,
  )
}

const prefixMedians = (rows: readonly TrueHandshake[]): number[] =>
  by(rows, ({ prefix }) => prefix).map(([, own]) => median(rttsOf(own)))

/** The first `n` by descending `value`, then by ascending key. */
function top<T extends Row>(rows: readonly T[], value: keyof T, n = 10): T[] {
  return rows.toSorted((left, right) => Number(right[value]) - Number(left[value])).slice(0, n)
}

function weightedMedian(values: readonly { value: number; weight: number }[]): number {
  const sorted = values.toSorted((left, right) => left.value - right.value)
  const half = sum(sorted.map(({ weight }) => weight)) / 2
  let passed = 0
  for (const { value, weight } of sorted) {
    passed += weight
    if (passed >= half) return value
  }
  return Number.NaN
}

const network = 4_200_000_000
const tenHandshakes = 10

/** The answer to each question, by the name of its file; `undefined`: compared apart. */
export const answers: Readonly<Record<string, (truth: TrueRows) => readonly Row[]>> = {
  '01-rtt-by-site': ({ counting }) =>
    by(counting, ({ site, ip_version }) => `${site} ${ip_version}`).map(([, rows]) => ({
      site: rows[0]!.site,
      ip_version: rows[0]!.ip_version,
      prefixes: countOf(rows.map(({ prefix }) => prefix)),
      median_rtt_us: median(prefixMedians(rows)),
    })),
  '02-rtt-weighted-by-queries': ({ counting, traffic }) =>
    by(counting, ({ site }) => site).map(([site, rows]) => {
      const there = traffic.filter((row) => row.site === site)
      const values = by(rows, ({ prefix }) => prefix).map(([prefix, own]) => ({
        value: median(rttsOf(own)),
        weight: queriesOf(there.filter((row) => row.prefix === prefix)),
      }))
      return { site, median_rtt_us: weightedMedian(values) }
    }),
  '03-rtt-by-hour': ({ counting }) =>
    by(counting, ({ site, micros }) => `${site} ${Math.floor(micros / 3600e6)}`).map(
      ([key, rows]) => ({
        site: rows[0]!.site,
        hour: new Date(Number(key.split(' ')[1]) * 3600e3)
          .toISOString()
          .slice(0, 19)
          .replace('T', ' '),
        handshakes: rows.length,
        median_over_handshakes_us: median(rttsOf(rows)),
      }),
    ),
  '04-busiest-networks': ({ traffic }) =>
    top(
      by(traffic, ({ asn }) => asn).map(([asn, rows]) => ({
        asn: Number(asn),
        queries: queriesOf(rows),
      })),
      'queries',
    ),
  '05-catchment-of-a-network': ({ traffic }) => {
    const own = traffic.filter(({ asn }) => asn === network)
    const shares = by(own, ({ site }) => site).map(([site, rows]) => ({
      site,
      queries: queriesOf(rows),
      share: queriesOf(rows) / queriesOf(own),
    }))
    return top(shares, 'share')
  },
  '06-one-site-many-countries': ({ traffic }) =>
    by(traffic, ({ asn }) => asn)
      .map(([asn, rows]) => {
        const sites = by(rows, ({ site }) => site).map(([site, own]) => ({
          site,
          queries: queriesOf(own),
        }))
        const main = top(sites, 'queries', 1)[0]!
        return {
          asn: Number(asn),
          main_site: main.site,
          main_share: main.queries / queriesOf(rows),
          countries: countOf(rows.map(({ country }) => country)),
        }
      })
      .filter(({ countries, main_share }) => countries > 1 && main_share >= 0.8),
  '07-slowest-countries': ({ counting }) =>
    top(
      by(counting, ({ country }) => country).map(([country, rows]) => ({
        country,
        prefixes: countOf(rows.map(({ prefix }) => prefix)),
        median_rtt_us: median(prefixMedians(rows)),
      })),
      'median_rtt_us',
    ),
  '08-slowest-prefixes-of-a-site': ({ counting }) =>
    top(
      by(
        counting.filter(({ site }) => site === 'ams'),
        ({ prefix }) => prefix,
      )
        .filter(([, rows]) => rows.length >= tenHandshakes)
        .map(([prefix, rows]) => ({
          prefix,
          median_rtt_us: median(rttsOf(rows)),
          samples: rows.length,
        })),
      'median_rtt_us',
    ),
  '09-coverage': ({ traffic }) =>
    by(traffic, ({ ip_version }) => ip_version).map(([version, rows]) => {
      const prefixes = by(rows, ({ prefix }) => prefix).map(([, own]) => ({
        queries: queriesOf(own),
        samples: sum(own.map(({ tcp }) => tcp)),
      }))
      const covered = prefixes.filter(({ samples }) => samples >= tenHandshakes)
      return {
        ip_version: Number(version),
        share_of_queries: sum(covered.map(({ queries }) => queries)) / queriesOf(rows),
        share_of_prefixes: covered.length / prefixes.length,
      }
    }),
  '10-tcp-share': ({ traffic }) =>
    by(traffic, ({ site }) => site).map(([site, rows]) => ({
      site,
      tcp_share: sum(rows.map(({ tcp }) => tcp)) / queriesOf(rows),
    })),
  '11-who-uses-no-tcp': ({ traffic }) =>
    top(
      by(traffic, ({ prefix }) => prefix)
        .filter(([, rows]) => rows.every(({ tcp }) => tcp === 0))
        .map(([client_prefix, rows]) => ({ client_prefix, queries: queriesOf(rows) })),
      'queries',
    ),
  '12-ip-versions-apart': ({ counting }) => {
    const networks = by(counting, ({ asn }) => asn).flatMap(([asn, rows]) => {
      const of = (version: number) => rows.filter((row) => row.ip_version === version)
      if (of(4).length === 0 || of(6).length === 0) return []
      const [ipv4_us, ipv6_us] = [median(prefixMedians(of(4))), median(prefixMedians(of(6)))]
      return [{ asn: Number(asn), ipv4_us, ipv6_us, difference_us: ipv6_us - ipv4_us }]
    })
    return networks
      .toSorted((left, right) => Math.abs(right.difference_us) - Math.abs(left.difference_us))
      .slice(0, 10)
  },
  '13-accept-delay': ({ handshakes }) =>
    by(handshakes, ({ site }) => site).map(([site, rows]) => ({
      site,
      median_accept_us: median(rows.map(({ accept }) => accept)),
      longest_accept_us: Math.max(...rows.map(({ accept }) => accept)),
    })),
  '14-loss-by-network': ({ handshakes }) =>
    top(
      by(handshakes, ({ asn }) => asn)
        .filter(([, rows]) => rows.length >= 10)
        .map(([asn, rows]) => ({
          asn: Number(asn),
          retransmitted_share: rows.filter((row) => row.retransmitted).length / rows.length,
          handshakes: rows.length,
        })),
      'retransmitted_share',
    ),
  '15-what-does-not-count': ({ handshakes, counting }) => [
    { reason: 'ambiguous', handshakes: handshakes.length - counting.length },
  ],
  '16-prefixes-at-several-sites': ({ handshakes }) =>
    by(handshakes, ({ prefix }) => prefix)
      .map(([prefix, rows]) => ({
        prefix,
        sites: [...new Set(rows.map(({ site }) => site))].sort(),
      }))
      .filter(({ sites }) => sites.length > 1),
  '17-hops': ({ handshakes }) =>
    by(
      handshakes.filter(({ asn }) => asn === network),
      ({ site }) => site,
    ).map(([site, rows]) => ({ site, median_hops: median(rows.map(({ hops }) => hops)) })),
  '18-before-and-after': ({ counting }) => {
    const own = counting.filter(({ asn }) => asn === network)
    const moment = Date.UTC(2026, 0, 1, 0, 15) * 1000
    return (['before', 'after'] as const).map((phase) => {
      const rows = own.filter(({ micros }) => micros < moment === (phase === 'before'))
      return { phase, handshakes: rows.length, median_over_handshakes_us: median(rttsOf(rows)) }
    })
  },
  '20-rtt-from-the-rollup': ({ counting }) =>
    by(counting, ({ site }) => site).map(([site, rows]) => ({
      site,
      share_over_50_ms: rows.filter(({ rtt }) => rtt >= bucketStart(50_000)).length / rows.length,
    })),
}

/** The lowest RTT of the first bucket that starts at or above `micros`. */
function bucketStart(micros: number): number {
  const bucket = Math.ceil(32 * Math.log2(micros + 1))
  return 2 ** (bucket / 32) - 1
}

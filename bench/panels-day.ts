import { formatAddress } from '@goldpan/core'
import { rollUp, type Warehouse } from '../packages/warehouse/src/index.ts'
import { type DayWorld, handshakeRate, readDayWorld } from './day-world.ts'

/**
 * A day of bench/day.yaml with more queries, made by the engine itself of the world's prefixes: the
 * simulator would take an hour.
 */

export const dayStart = 1_767_225_600
export const daySeconds = 86_400
const day = readDayWorld()
export const panelSites = day.world.sites

/** What panels read of a month. */
const monthTables = [
  ...['rtt_by_site_1m', 'rtt_by_site_1h_rows', 'rtt_by_site_1d_rows'],
  ...['rtt_by_as_1h_rows', 'rtt_by_as_1d_rows', 'traffic_by_site_1m', 'sensor_status'],
]

/** Sites, networks, heartbeats, findings, then hour by hour traffic and handshakes. */
export async function fillPanelDay(warehouse: Warehouse, handshakes: number): Promise<void> {
  const started = performance.now()
  await storeWorld(warehouse, day)
  await warehouse.command(heartbeats)
  await warehouse.command(findings)
  for (let hour = 0; hour < 24; hour++) {
    await warehouse.command(trafficOf(hour, handshakes / (handshakesPerSecond * daySeconds)))
    await warehouse.command(handshakesOf(hour, Math.round(handshakes / 24)))
    process.stderr.write(`\r${hour + 1} of 24 hours`)
  }
  for (const table of ['world_prefixes', 'world_slots']) {
    await warehouse.command(`DROP TABLE ${table}`)
  }
  const [sizes] = await warehouse.query<Record<string, number>>(
    `SELECT (SELECT count() FROM handshakes) AS handshakes,
       (SELECT count() FROM traffic) AS traffic,
       (SELECT count() FROM rtt_by_site_1m) AS sites,
       (SELECT count() FROM rtt_by_as_1m) AS networks`,
  )
  const seconds = ((performance.now() - started) / 1000).toFixed(0)
  process.stderr.write(`\r${JSON.stringify(sizes)} made in ${seconds} s\n`)
}

/** Rolls the day up, and repeats it on the 29 days before, in the rollups alone. */
export async function fillPanelMonth(warehouse: Warehouse): Promise<void> {
  await rollUp(warehouse)
  for (const table of monthTables) {
    for (let days = 1; days < 30; days++) {
      await warehouse.command(`INSERT INTO ${table}
        SETTINGS insert_deduplicate = 0, deduplicate_insert_select = 'disable'
        SELECT * REPLACE (time - INTERVAL ${days} DAY AS time) FROM ${table}
        WHERE ${table}.time >= fromUnixTimestamp(${dayStart})`)
    }
  }
}

const handshakesPerSecond = day.prefixes.reduce((sum, prefix) => sum + handshakeRate(prefix), 0)
const slots = 2 ** 20
const rowsPerInsert = 5000

/** Names of the networks, and the day's prefixes, each in as many slots as it asks over TCP. */
async function storeWorld(warehouse: Warehouse, { names, prefixes }: DayWorld): Promise<void> {
  const named = [...names].map(([asn, name]) => `(${asn}, '${name}')`)
  await warehouse.command(`INSERT INTO networks VALUES ${named.join()}`)
  await warehouse.command(`CREATE TABLE world_prefixes (prefix IPv6, ip_version UInt8, site String,
    asn UInt32, country String, rtt_us UInt32, hops UInt8, udp Float64, tcp Float64)
    ENGINE = Memory`)
  for (let from = 0; from < prefixes.length; from += rowsPerInsert) {
    const rows = prefixes.slice(from, from + rowsPerInsert).map((each) => {
      const tcp = handshakeRate(each)
      const rates = [each.queriesPerSecond - tcp, tcp].map((rate) => rate.toPrecision(6))
      const numbers = [Math.round(each.rttMicros[each.homeSite]!), each.hops, ...rates]
      const place = `'${each.site}', ${each.asn}, '${each.countryOnFile}'`
      return `('${formatAddress(each.bytes)}', ${each.ipVersion}, ${place}, ${numbers})`
    })
    await warehouse.command(`INSERT INTO world_prefixes VALUES ${rows.join()}`)
  }
  await warehouse.command(`CREATE TABLE world_slots ENGINE = Memory AS
    SELECT toUInt32(rowNumberInAllBlocks()) AS slot, prefix, ip_version, site, asn, country, rtt_us,
      hops
    FROM world_prefixes ARRAY JOIN range(toUInt32(ceil(tcp * ${slots / handshakesPerSecond})))
    SETTINGS max_threads = 1`)
}

const micros = (expression: string): string =>
  `fromUnixTimestamp64Micro(toInt64(${expression}), 'UTC')`

function handshakesOf(hour: number, rows: number): string {
  const startMicros = (dayStart + hour * 3600) * 1e6
  const step = Math.floor(3600e6 / rows)
  return `INSERT INTO handshakes (service, site, sensor, time, prefix, ip_version, server,
      server_port, rtt_us, accept_us, hops, synack_retransmissions, flags, method,
      asn, country, excluded)
    SELECT 'ns1.example', site, site, ${micros(`${startMicros} + number * ${step}`)}, prefix,
      ip_version, toIPv6(if(ip_version = 4, '::ffff:192.0.2.53', '2001:db8::53')), 53,
      toUInt32(rtt_us * (1 + (rand(2) % 1000) / 5000)),
      20 + rand(3) % 100, hops, 0, 0, 'handshake', asn, country, ''
    FROM (SELECT number, toUInt32(rand(1) % (SELECT count() FROM world_slots)) AS slot
      FROM numbers(${rows})) AS drawn
    ANY LEFT JOIN world_slots USING slot
    SETTINGS max_insert_threads = 1, max_threads = 2`
}

/** `times` the world's queries; a row where a prefix asked in a minute. */
function trafficOf(hour: number, times: number): string {
  const start = dayStart + hour * 3600
  const drawn = (rate: string, draw: number): string =>
    `toUInt32(floor(${rate} * ${60 * times} + rand(${draw}) / 4294967296))`
  return `INSERT INTO traffic (service, site, sensor, minute, prefix, ip_version, udp_queries,
      tcp_queries, truncated_answers, handshakes, sampling_rate, asn, country, excluded)
    SELECT 'ns1.example', site, site, minute, prefix, ip_version, udp_queries, tcp_queries,
      intDiv(tcp_queries, 2), tcp_queries, 1, asn, country, ''
    FROM (SELECT world_prefixes.*, toDateTime(${start} + 60 * number) AS minute,
        ${drawn('udp', 1)} AS udp_queries, ${drawn('tcp', 2)} AS tcp_queries
      FROM numbers(60) AS minutes CROSS JOIN world_prefixes)
    WHERE udp_queries + tcp_queries > 0
    SETTINGS max_insert_threads = 1, max_threads = 2`
}

const siteNames = panelSites.map((site) => `'${site}'`).join()
const siteOf = (number: string): string => `arrayElement([${siteNames}], 1 + ${number} % 20)`

const heartbeats = `INSERT INTO sensor_status
    (service, site, sensor, time, \`final\`, packets, bytes, handshakes, counters, pending, version)
  SELECT 'ns1.example', ${siteOf('sensor')}, ${siteOf('sensor')},
    ${micros(`(${dayStart} + 60 * minute) * 1000000`)}, false, minute * 100000, minute * 10000000,
    minute * 1700, mapFromArrays(['rst', 'expired', 'duplicate', 'wrong_ack', 'rtt_negative'],
      arrayMap(factor -> toUInt64(minute * factor), [7, 11, 3, 1, 1])), 1000, '0.1.0'
  FROM (SELECT number % 20 AS sensor, intDiv(number, 20) AS minute FROM numbers(28800))`

const findings = `INSERT INTO findings
    (id, version, service, kind, severity, state, opened, resolved, lost_time, finding)
  SELECT hex(number), 1, 'ns1.example', 'polarization',
    arrayElement(['page', 'ticket', 'note'], 1 + number % 3),
    if(number % 10 = 0, 'open', 'resolved'), ${micros(`(${dayStart} + 400 * number) * 1000000`)},
    if(number % 10 = 0, NULL, ${micros(`(${dayStart} + 400 * number + 3000) * 1000000`)}), number,
    concat('{"sentence":"', repeat('word ', 30),
      '","site_to":"', ${siteOf('number')}, '","excess_ms":80}')
  FROM numbers(2000)`

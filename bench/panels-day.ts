import { rollUp, type Warehouse } from '../packages/warehouse/src/index.ts'

/** A day of a large service, made by the engine itself: the simulator would take an hour. */

export const dayStart = 1_767_225_600
export const daySeconds = 86_400
export const panelSites = Array.from(
  { length: 20 },
  (_, index) => `s${String(index).padStart(2, '0')}`,
)

const prefixes = 20_000
const networks = 2000

/** What panels read of a month. */
const monthTables = [
  ...['rtt_by_site_1m', 'rtt_by_site_1h_rows', 'rtt_by_site_1d_rows'],
  ...['rtt_by_as_1h_rows', 'rtt_by_as_1d_rows', 'traffic_by_site_1m', 'sensor_status'],
]

/** Sites, networks, heartbeats, findings, then hour by hour traffic and handshakes. */
export async function fillPanelDay(warehouse: Warehouse, handshakes: number): Promise<void> {
  const started = performance.now()
  await warehouse.command(`INSERT INTO networks SELECT number, concat('Network ', toString(number))
    FROM numbers(${networks})`)
  await warehouse.command(heartbeats)
  await warehouse.command(findings)
  for (let hour = 0; hour < 24; hour++) {
    await warehouse.command(trafficOf(hour))
    await warehouse.command(handshakesOf(hour, Math.round(handshakes / 24)))
    process.stderr.write(`\r${hour + 1} of 24 hours`)
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

/** Of the expression `client`, the number of a prefix: even ones are IPv4. */
const prefixOf = (client: string): string => `CAST(if(${client} % 2 = 0,
    toUInt128(0xFFFF0A000000) + ${client} * 256,
    bitShiftLeft(toUInt128(0x20010DB80000) + ${client}, 80)) AS IPv6)`
const siteOf = (client: string): string => `concat('s', leftPad(toString(${client} % 20), 2, '0'))`
const countryOf = (client: string): string =>
  `arrayElement(['NL','DE','FR','US','BR','ZA','SG','AU','JP','IN'], 1 + ${client} % 10)`
const micros = (expression: string): string =>
  `fromUnixTimestamp64Micro(toInt64(${expression}), 'UTC')`

function handshakesOf(hour: number, rows: number): string {
  const startMicros = (dayStart + hour * 3600) * 1e6
  const step = Math.floor(3600e6 / rows)
  return `INSERT INTO handshakes (service, site, sensor, time, prefix, ip_version, server,
      server_port, rtt_us, accept_us, hops, synack_retransmissions, flags, method,
      asn, country, excluded)
    SELECT 'ns1.example', ${siteOf('client')}, ${siteOf('client')},
      ${micros(`${startMicros} + number * ${step}`)}, ${prefixOf('client')},
      if(client % 2 = 0, 4, 6), toIPv6('::ffff:192.0.2.53'), 53,
      toUInt32((2000 + cityHash64(client) % 200000) * (1 + (rand(2) % 1000) / 5000)),
      80, 12, 0, 0, 'handshake', client % ${networks}, ${countryOf('client')}, ''
    FROM (SELECT number, toUInt32(${prefixes} * pow((rand(1) % 1000003) / 1000003, 2)) AS client
      FROM numbers(${rows}))
    SETTINGS max_insert_threads = 1, max_threads = 2`
}

/** Every prefix in every minute: more rows than a real day has. */
function trafficOf(hour: number): string {
  const start = dayStart + hour * 3600
  return `INSERT INTO traffic (service, site, sensor, minute, prefix, ip_version, udp_queries,
      tcp_queries, truncated_answers, handshakes, sampling_rate, asn, country, excluded)
    SELECT 'ns1.example', ${siteOf('client')}, ${siteOf('client')},
      toDateTime(${start} + 60 * minute),
      ${prefixOf('client')}, if(client % 2 = 0, 4, 6), rand(1) % 40, rand(2) % 6, rand(3) % 3,
      rand(2) % 6, 1, client % ${networks}, ${countryOf('client')}, ''
    FROM (SELECT number % ${prefixes} AS client, intDiv(number, ${prefixes}) AS minute
      FROM numbers(${prefixes * 60}))`
}

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
      '","site_to":"s0', toString(number % 10), '","excess_ms":80}')
  FROM numbers(2000)`

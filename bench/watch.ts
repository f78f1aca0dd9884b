import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createStateStore, Watch, type WatchRound } from '@goldpan/anycast-analyzer'
import type { Warehouse } from '@goldpan/warehouse'
import { openEmbeddedWarehouse } from '@goldpan/warehouse-embedded'

/**
 * One round of the live analyzer on a busy service: CPU, time and memory of deciding one minute.
 *
 *   node bench/watch.ts [HOURS] [HANDSHAKES_A_SECOND] [PREFIXES] [SITES] [ROUNDS] [FOLDER]
 *
 * The HOURS of history are made inside the engine; of the rollups only the one by site, which a
 * round reads, is fed. A FOLDER is kept: the first run fills it and ends, later ones measure. The
 * analyzer starts an hour before the end, so that it knows every prefix, and is then measured
 * minute by minute, the engine's queries included (it lives in the same process).
 */

const [, , hours = '24', perSecond = '5000', prefixes = '100000', sites = '50', rounds = '5'] =
  process.argv
const kept = process.argv[7]
const service = 'ns1.example'
const startMinute = Date.UTC(2026, 0, 1) / 60_000
const minutesBefore = 60

const folder = kept ?? mkdtempSync(join(tmpdir(), 'goldpan-bench-watch-'))
const wasThere = existsSync(join(folder, 'data'))
const opened = await openEmbeddedWarehouse({ folder })
if (!opened.ok) throw new Error(opened.error.message)
const warehouse = opened.value
try {
  if (!wasThere) await fillHistory()
  if (wasThere || kept === undefined) await measureRounds()
} finally {
  await warehouse.close()
  if (kept === undefined) rmSync(folder, { recursive: true })
}

async function fillHistory(): Promise<void> {
  await dropRollups(warehouse)
  const endMinute = startMinute + Number(hours) * 60
  for (let minute = startMinute; minute < endMinute; minute += 15) await fill(minute, 15)
}

async function measureRounds(): Promise<void> {
  await warehouse.command('TRUNCATE TABLE analyzer_states')
  await warehouse.command('TRUNCATE TABLE findings')
  const [history] = await warehouse.query<{ rows: number; end: number; parts: number }>(
    `SELECT toFloat64(count()) AS rows, toUInt32(intDiv(toUnixTimestamp(max(time)), 60)) + 1 AS end,
       (SELECT toFloat64(count()) FROM system.parts WHERE table = 'handshakes' AND active) AS parts
     FROM handshakes`,
  )
  const { rows, end, parts } = history!
  process.stdout.write(`history: ${rows} handshakes in ${parts} parts\n`)
  const watch = new Watch({
    warehouse,
    service,
    store: createStateStore({ warehouse, service, watcher: 'bench' }),
    sites: async () => [],
    minutesPerState: 15,
    firstMinute: end - minutesBefore,
  })
  const caughtUp = await measured(() => decideTo(watch, end))
  process.stdout.write(`an hour to catch up with: ${figures(caughtUp)}\n`)
  for (let round = 0; round < Number(rounds); round++) {
    await fill(end + round, 1)
    await heartbeat(end + round + 1)
    let minutes = 0
    const taken = await measured(async () => {
      minutes = (await look(watch)).minutesDecided
    })
    process.stdout.write(`a round of ${minutes} minute: ${figures(taken)}\n`)
  }
}

async function dropRollups(target: Warehouse): Promise<void> {
  const views = await target.query<{ name: string }>(
    `SELECT name FROM system.tables
     WHERE database = currentDatabase() AND engine = 'MaterializedView'
       AND name != 'rtt_by_site_1m_feed'`,
  )
  for (const { name } of views) await target.command(`DROP TABLE ${name}`)
}

/**
 * Rows of some minutes: each prefix has a home site, and asks evenly. Without a token the engine
 * takes an INSERT SELECT of the same text for a repeated one, whatever its parameters.
 */
async function fill(minute: number, minutes: number): Promise<void> {
  const rows = Number(perSecond) * 60 * minutes
  const shared = { service, from: minute * 60, span: minutes * 60, prefixes: Number(prefixes) }
  const parameters = { ...shared, sites: Number(sites), rows, minute: minute * 60, minutes }
  await warehouse.command(
    `INSERT INTO handshakes (service, site, sensor, time, prefix, ip_version, server, server_port,
       rtt_us, synack_retransmissions, flags, method, asn, country, excluded)
     SETTINGS insert_deduplicate = 0, deduplicate_insert_select = 'disable'
     SELECT {service:String}, concat('s', toString(p % {sites:UInt32})),
       concat('s', toString(p % {sites:UInt32})),
       fromUnixTimestamp64Micro(
         toInt64(({from:Int64} + number / {rows:UInt64} * {span:UInt32}) * 1e6), 'UTC'),
       toIPv6(IPv4NumToString(toUInt32(184549376 + p * 256))), 4,
       toIPv6('198.51.100.53'), 53,
       toUInt32(5000 + p % 97 * 1000 + cityHash64(number) % 2000), 0, 0, 'handshake',
       toUInt32(1000 + p % 2000), substring('NLDEUSBRSGAUJPZAGBFR', 1 + p % 10 * 2, 2), ''
     FROM (SELECT number, toUInt32(cityHash64(number, {from:Int64}) % {prefixes:UInt32}) AS p
           FROM numbers({rows:UInt64}))`,
    parameters,
  )
  await warehouse.command(
    `INSERT INTO traffic (service, site, sensor, minute, prefix, ip_version, udp_queries,
       tcp_queries, truncated_answers, handshakes, sampling_rate, asn, country, excluded)
     SETTINGS insert_deduplicate = 0, deduplicate_insert_select = 'disable'
     SELECT {service:String}, concat('s', toString(p % {sites:UInt32})),
       concat('s', toString(p % {sites:UInt32})),
       toDateTime({minute:UInt32} + intDiv(number, {prefixes:UInt32}) * 60, 'UTC'),
       toIPv6(IPv4NumToString(toUInt32(184549376 + p * 256))), 4, 57, 3, 0, 3, 1,
       toUInt32(1000 + p % 2000), substring('NLDEUSBRSGAUJPZAGBFR', 1 + p % 10 * 2, 2), ''
     FROM (SELECT number, toUInt32(number % {prefixes:UInt32}) AS p
           FROM numbers({minutes:UInt32} * {prefixes:UInt32}))`,
    parameters,
  )
}

/** Every sensor has passed the start of `minute` by 15 s. */
async function heartbeat(minute: number): Promise<void> {
  await warehouse.command(
    `INSERT INTO sensor_status (service, site, sensor, time, \`final\`, packets, bytes, handshakes,
       counters, pending, version)
     SETTINGS insert_deduplicate = 0
     SELECT {service:String}, concat('s', toString(number)), concat('s', toString(number)),
       toDateTime64({seconds:UInt32}, 6, 'UTC'), false, 0, 0, 0, map(), 0, 'bench'
     FROM numbers({sites:UInt32})`,
    { service, seconds: minute * 60 + 15, sites: Number(sites) },
  )
}

async function decideTo(watch: Watch, minute: number): Promise<void> {
  await heartbeat(minute)
  while ((await look(watch)).minute !== minute - 1);
}

async function look(watch: Watch): Promise<WatchRound> {
  const round = await watch.round()
  if (!round.ok) throw new Error(round.error)
  return round.value
}

interface Measured {
  readonly cpuSeconds: number
  readonly seconds: number
}

/** Time of some work; what it took of memory is cleared before. */
async function measured(work: () => Promise<unknown>): Promise<Measured> {
  writeFileSync('/proc/self/clear_refs', '5')
  const cpu = process.cpuUsage()
  const start = performance.now()
  await work()
  const used = process.cpuUsage(cpu)
  const seconds = (performance.now() - start) / 1000
  return { cpuSeconds: (used.user + used.system) / 1e6, seconds }
}

function figures({ cpuSeconds, seconds }: Measured): string {
  const [, kibibytes] = /VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))!
  const megabytes = ((Number(kibibytes) * 1024) / 1e6).toFixed(0)
  return `${cpuSeconds.toFixed(2)} s CPU, ${seconds.toFixed(2)} s, ${megabytes} MB highest`
}

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  createHandshakeBatch,
  formatPrefix,
  type HandshakeBatch,
  handshakePresent,
} from '@goldpan/core'
import { drawPopulation, parseWorld, simulateMinutes } from '@goldpan/simulator'
import { rollUp } from '@goldpan/warehouse'
import { type EmbeddedWarehouse, openEmbeddedWarehouse } from '@goldpan/warehouse-embedded'
import { dictionaryColumn, encodeMessage } from '@goldpan/wire'
import { joinBatches } from '../services/estimator/src/column-batch.ts'
import { readNetworkTable } from '../services/estimator/src/network-file.ts'
import { handshakeRowColumns } from '../services/estimator/src/row-columns.ts'

/**
 * Bytes of a handshake in the raw table: a world's handshakes in the order of time, in blocks of
 * 100 k rows as the estimator inserts them, measured before and after the parts are merged.
 *
 *   node bench/storage.ts [WORLD.yaml] [prefix|full] [HOURS] [KEEP_FOLDER]
 *
 * The world's ports, which the simulator counts up, are drawn at random here: they are so in truth.
 */

const [, , file = 'bench/day.yaml', clients = 'prefix', hours, keep] = process.argv
const blockRows = 100_000

const parsed = parseWorld(readFileSync(file, 'utf8'))
if (!parsed.ok) throw new Error(parsed.error.message)
const world = { ...parsed.value, ...(hours ? { hours: Number(hours) } : {}) }
const population = drawPopulation(world)

const folder = keep ?? mkdtempSync(join(tmpdir(), 'goldpan-storage-'))
const opened = await openEmbeddedWarehouse({ folder })
if (!opened.ok) throw new Error(opened.error.message)
const warehouse = opened.value
const networksFile = join(folder, 'networks.csv')
writeFileSync(
  networksFile,
  ['prefix,asn,name,country']
    .concat(
      population.prefixes.map(({ bytes, network, countryOnFile }) =>
        [formatPrefix(bytes), population.networks[network]!.asn, 'x', countryOnFile].join(),
      ),
    )
    .join('\n'),
)
const read = readNetworkTable([networksFile])
if (!read.ok) throw new Error(read.error.message)
const networks = read.value

await warehouse.command('SYSTEM STOP MERGES handshakes')
let waiting: { site: number; batch: HandshakeBatch }[] = []
let rows = 0
let blocks = 0

let state = 1
/** A port of an ordinary client: xorshift32. */
function drawPort(): number {
  state ^= state << 13
  state ^= state >>> 17
  state ^= state << 5
  return 1024 + ((state >>> 0) % 64_512)
}

async function insert(): Promise<void> {
  const batch = joinBatches(
    waiting.map(({ batch }) => batch),
    createHandshakeBatch,
  )
  batch.links = []
  const siteKeys = new Uint16Array(batch.length)
  let row = 0
  for (const part of waiting) {
    siteKeys.fill(part.site, row, row + part.batch.length)
    row += part.batch.length
  }
  for (row = 0; row < batch.length; row++) {
    if (clients === 'full') batch.clientPort[row] = drawPort()
    else batch.present[row]! &= ~handshakePresent.client
  }
  // As a sensor sends it: what is absent is zero.
  if (clients !== 'full') {
    batch.client.fill(0)
    batch.clientPort.fill(0)
  }
  const source = { service: world.service, site: '', sensor: '' }
  const run = { source, rows: batch.length, isClockWrong: false }
  // A copy for each column: Arrow's writer takes neighbours that share memory for one.
  const ofSite = (name: string, id: number) =>
    dictionaryColumn(name, { texts: world.sites, keys: siteKeys.slice(), id }, batch.length)
  const columns = handshakeRowColumns(batch, [run], networks).map((column) =>
    column.name === 'site'
      ? ofSite('site', 4)
      : column.name === 'sensor'
        ? ofSite('sensor', 5)
        : column,
  )
  const arrow = encodeMessage('handshakes', undefined, columns, batch.length)
  const names = columns.map(({ name }) => name)
  await warehouse.insertArrow('handshakes', names, arrow, `storage/${blocks++}`)
  rows += batch.length
  waiting = []
}

let waitingRows = 0
for (const { sites } of simulateMinutes(world, population)) {
  for (const [site, { handshakes }] of sites.entries()) {
    waiting.push({ site, batch: handshakes })
    waitingRows += handshakes.length
  }
  if (waitingRows < blockRows) continue
  await insert()
  waitingRows = 0
}
await insert()

interface Size {
  readonly name: string
  readonly bytes: number
}

async function sizes(warehouse: EmbeddedWarehouse): Promise<Size[]> {
  return warehouse.query<Size>(
    `SELECT column AS name, toFloat64(sum(column_data_compressed_bytes)) AS bytes
     FROM system.parts_columns
     WHERE database = currentDatabase() AND table = 'handshakes' AND active
     GROUP BY column ORDER BY bytes DESC`,
  )
}

async function report(title: string): Promise<void> {
  const [disk] = await warehouse.query<{ bytes: number; parts: number }>(
    `SELECT toFloat64(sum(bytes_on_disk)) AS bytes, toUInt32(count()) AS parts FROM system.parts
     WHERE database = currentDatabase() AND table = 'handshakes' AND active`,
  )
  console.log(`\n${title}: ${disk!.parts} parts, ${(disk!.bytes / rows).toFixed(2)} bytes a row`)
  for (const { name, bytes } of await sizes(warehouse)) {
    if (bytes / rows >= 0.005) console.log(`  ${name.padEnd(24)}${(bytes / rows).toFixed(2)}`)
  }
}

console.log(`${rows} handshakes, ${population.prefixes.length} prefixes, clients=${clients}`)
await report('before merges')
await warehouse.command('SYSTEM START MERGES handshakes')
await warehouse.command('OPTIMIZE TABLE handshakes FINAL')
await report('merged')

/** Median wall time and CPU of a work, milliseconds. */
async function cost(times: number, work: (run: number) => Promise<unknown>) {
  const walls: number[] = []
  const before = process.cpuUsage()
  for (let run = 0; run < times; run++) {
    const start = performance.now()
    await work(run)
    walls.push(performance.now() - start)
  }
  const { user, system } = process.cpuUsage(before)
  const wall = walls.sort((left, right) => left - right)[times >> 1]!
  return `${wall.toFixed(0)} ms, ${((user + system) / 1000 / times).toFixed(0)} ms of CPU`
}

const [last] = await warehouse.query<{ micros: number }>(
  'SELECT toFloat64(toUnixTimestamp64Micro(max(time))) AS micros FROM handshakes',
)
const lastMinutes = `SELECT time, site, rtt_us FROM handshakes
  WHERE service = {service:String} AND prefix = {prefix:IPv6}
    AND time >= fromUnixTimestamp64Micro({from:Int64}, 'UTC') ORDER BY time`
const prefixes = await warehouse.query<{ prefix: string }>(
  'SELECT toString(prefix) AS prefix FROM handshakes GROUP BY prefix ORDER BY rand(1) LIMIT 40',
)
const asked = await cost(prefixes.length, (run) =>
  warehouse.query(lastMinutes, {
    ...{ service: world.service, prefix: prefixes[run]!.prefix },
    from: last!.micros - 15 * 60e6,
  }),
)
console.log(`\nthe last 15 minutes of a prefix: ${asked}`)
console.log(`rollUp of everything: ${await cost(1, () => rollUp(warehouse))}`)
await warehouse.close()
if (!keep) rmSync(folder, { recursive: true })

/**
 * Kafka → warehouse: how many handshakes a second, and what each process costs.
 *
 *     node bench/throughput.ts [--rows 5000000] [--message-rows 20000] [--partitions 4]
 *                              [--range-rows 100000] [--compression zstd] [--profile]
 *
 * The topic is filled first; then one estimator, with enrichment on, drains it. On a machine that
 * others use too the seconds of processor time tell more than the wall's: both are printed.
 */
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { createLog } from '@goldpan/runtime'
import { type Compression, createKafkaSender, topicSettingsDefault } from '@goldpan/runtime/kafka'
import { openServerWarehouse } from '@goldpan/warehouse'
import { startBroker } from '../test/broker/broker.ts'
import { loadMessage } from '../test/estimator/bus-load.ts'
import { WarehouseServer } from '../test/estimator/warehouse-server.ts'
import { cpuSeconds, memoryMegabytes } from './process-cost.ts'

const { values } = parseArgs({
  options: {
    rows: { type: 'string', default: '5000000' },
    'message-rows': { type: 'string', default: '20000' },
    partitions: { type: 'string', default: '4' },
    'range-rows': { type: 'string', default: '100000' },
    compression: { type: 'string', default: 'zstd' },
    profile: { type: 'boolean', default: false },
  },
})
const rows = Number(values.rows)
const messageRows = Number(values['message-rows'])
const partitions = Number(values.partitions)
const folder = mkdtempSync(join(tmpdir(), 'goldpan-throughput-'))
const cli = fileURLToPath(new URL('../cli/src/main.ts', import.meta.url))

/** The networks of the load, among as many others as an operator's file has. */
function writeNetworks(): string {
  const file = join(folder, 'networks.csv')
  const lines = ['prefix,asn,name,country']
  for (let n = 0; n < 4096; n++) {
    const asn = 64_500 + (n % 1000)
    const country = ['NL', 'DE', 'AU', 'US'][n % 4]
    if (n % 2) lines.push(`2001:db8:${n.toString(16)}::/48,${asn},Network ${asn},${country}`)
    else lines.push(`10.${n >> 8}.${n & 255}.0/24,${asn},Network ${asn},${country}`)
  }
  for (let n = 0; n < 200_000; n++) {
    lines.push(`${20 + (n >> 16)}.${(n >> 8) & 255}.${n & 255}.0/24,${n % 60_000},Other ${n},US`)
  }
  writeFileSync(file, `${lines.join('\n')}\n`)
  return file
}

async function fill(broker: string): Promise<number> {
  const sender = createKafkaSender({
    brokers: [broker],
    topics: { ...topicSettingsDefault, partitions },
    compression: values.compression as Compression,
    log: createLog({ level: 'warn', component: 'load' }),
  })
  const perSensor = Math.ceil(rows / 16 / messageRows)
  let bytes = 0
  for (let n = 0; n < perSensor; n++) {
    const messages = Array.from({ length: 16 }, (_, sensor) =>
      loadMessage(
        {
          source: { service: 'ns1.example', site: `s${sensor}`, sensor: `sensor-${sensor}` },
          ...{ boot: 'load', startMicros: 1_780_000_000e6, microsPerRow: 200 },
        },
        { n, firstRow: n * messageRows, rows: messageRows },
      ),
    )
    for (const { value } of messages) bytes += value.length
    await Promise.all(messages.map((message) => sender.send(message)))
  }
  await sender.close()
  console.log(`filled: ${(bytes / (perSensor * 16 * messageRows)).toFixed(1)} bytes per row`)
  return perSensor * 16 * messageRows
}

const broker = await startBroker(['-Xmx512m', '-XX:+UseSerialGC'])
const server = new WarehouseServer(join(folder, 'warehouse'))
await server.start()
const url = `http://default@127.0.0.1:${server.port}`
const opened = await openServerWarehouse({ url })
if (!opened.ok) throw new Error(opened.error.message)
const warehouse = opened.value
const total = await fill(broker.plain)
const networks = writeNetworks()
const profile = values.profile ? ['--cpu-prof', `--cpu-prof-dir=${folder}/profile`] : []
const from = ['--from', `kafka://${broker.plain}`, '--networks', networks]
const estimator = spawn(
  process.execPath,
  [...profile, cli, 'estimate', ...from, '--warehouse', url],
  {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: {
      ...process.env,
      GOLDPAN_HTTP_ESTIMATE_LISTEN: 'off',
      GOLDPAN_ESTIMATE_RANGE_ROWS: values['range-rows'],
    },
  },
)
const count = async (): Promise<number> => {
  const sql = 'SELECT toFloat64(count()) AS n FROM handshakes'
  return (await warehouse.query<{ n: number }>(sql))[0]!.n
}
const pids = { estimator: estimator.pid!, warehouse: server.pid, broker: broker.pid() }
const costs = (): number[] => Object.values(pids).map(cpuSeconds)
let first: { wall: number; rows: number; costs: number[] } | undefined
let seen = 0
while (seen < total) {
  await delay(200)
  seen = await count()
  // Start-up is not throughput: it is measured from the first rows on.
  if (seen > 0) first ??= { wall: performance.now(), rows: seen, costs: costs() }
}
const wall = (performance.now() - first!.wall) / 1000
const measured = total - first!.rows
const spent = costs().map((seconds, index) => seconds - first!.costs[index]!)
const sum = spent.reduce((left, right) => left + right, 0)
console.log(`${measured} rows in ${wall.toFixed(1)} s: ${Math.round(measured / wall / 1000)} k/s`)
for (const [index, name] of Object.keys(pids).entries()) {
  console.log(`${name}: ${((spent[index]! / measured) * 1e6).toFixed(2)} CPU s per million rows`)
}
console.log(`two cores alone: ${Math.round(((measured / sum) * 2) / 1000)} k/s`)
console.log(`estimator memory: ${memoryMegabytes(estimator.pid!).most.toFixed(0)} MB at most`)
estimator.kill('SIGTERM')
await new Promise((resolve) => estimator.once('exit', resolve))
await warehouse.close()
await server.kill()
await broker.close()
if (values.profile) console.log(`profile in ${folder}/profile`)
else rmSync(folder, { recursive: true })
process.exit(0)

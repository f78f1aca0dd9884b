/**
 * From the packet's time to the row that can be read, at a steady rate.
 *
 *     node bench/freshness.ts [--rate 5000] [--seconds 60] [--flush-millis 100]
 *
 * A sensor sends every `flush-millis` (`capture.batch_age`) what came meanwhile, each row with its
 * own time; a reader asks for the newest row as often as it can, and the age of what it sees is
 * noted for each row.
 */
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { createLog } from '@goldpan/runtime'
import { createKafkaSender, topicSettingsDefault } from '@goldpan/runtime/kafka'
import { openServerWarehouse } from '@goldpan/warehouse'
import { startBroker } from '../test/broker/broker.ts'
import { loadMessage } from '../test/estimator/bus-load.ts'
import { WarehouseServer } from '../test/estimator/warehouse-server.ts'

const { values } = parseArgs({
  options: {
    rate: { type: 'string', default: '5000' },
    seconds: { type: 'string', default: '60' },
    'flush-millis': { type: 'string', default: '100' },
  },
})
const [rate, seconds, flushMillis] = [
  ...[Number(values.rate), Number(values.seconds), Number(values['flush-millis'])],
] as [number, number, number]
const folder = mkdtempSync(join(tmpdir(), 'goldpan-freshness-'))
const cli = fileURLToPath(new URL('../cli/src/main.ts', import.meta.url))
const broker = await startBroker()
const server = new WarehouseServer(join(folder, 'warehouse'))
await server.start()
const url = `http://default@127.0.0.1:${server.port}`
const opened = await openServerWarehouse({ url })
if (!opened.ok) throw new Error(opened.error.message)
const warehouse = opened.value
const from = ['--from', `kafka://${broker.plain}`, '--warehouse', url]
const estimator = spawn(process.execPath, [cli, 'estimate', ...from], {
  stdio: ['ignore', 'inherit', 'inherit'],
  env: { ...process.env, GOLDPAN_HTTP_ESTIMATE_LISTEN: 'off', GOLDPAN_LOG_LEVEL: 'error' },
})
const sender = createKafkaSender({
  ...{ brokers: [broker.plain], topics: topicSettingsDefault, compression: 'zstd' },
  log: createLog({ level: 'warn', component: 'load' }),
})

const microsPerRow = 1e6 / rate
const nowMicros = (): number => (performance.timeOrigin + performance.now()) * 1000
const source = { service: 'ns1.example', site: 'ams', sensor: 'x' }
let startMicros = 0
let sent = 0
let ended = false

async function send(): Promise<void> {
  await sender.send(await warmUp())
  startMicros = nowMicros()
  for (let n = 0; nowMicros() - startMicros < seconds * 1e6; n++) {
    await delay(flushMillis)
    const rows = Math.floor((nowMicros() - startMicros) / microsPerRow) - sent
    if (rows <= 0) continue
    const load = { source, boot: 'b', startMicros, microsPerRow }
    void sender.send(loadMessage(load, { n, firstRow: sent, rows }))
    sent += rows
  }
  ended = true
}

/** One row, so that topics, group and tables are there before the clock runs. */
async function warmUp() {
  const load = { source, boot: 'warm', startMicros: 1e15, microsPerRow }
  return loadMessage(load, { n: 0, firstRow: 0, rows: 1 })
}

const countRows = async (): Promise<number> => {
  const sql = "SELECT toFloat64(count()) AS n FROM handshakes WHERE time > '2020-01-01'"
  return (await warehouse.query<{ n: number }>(sql))[0]!.n
}

const ages: number[] = []
const sending = send()
let seen = 0
while (!ended || seen < sent) {
  const rows = await countRows()
  const now = nowMicros()
  for (; seen < rows; seen++) ages.push((now - startMicros - seen * microsPerRow) / 1e6)
  await delay(10)
}
await sending
ages.sort((left, right) => left - right)
const quantile = (share: number): string => ages[Math.floor(share * (ages.length - 1))]!.toFixed(3)
console.log(
  `${ages.length} rows at ${rate}/s: p50 ${quantile(0.5)} s, p90 ${quantile(0.9)} s, ` +
    `p99 ${quantile(0.99)} s, longest ${quantile(1)} s`,
)
estimator.kill('SIGTERM')
await new Promise((resolve) => estimator.once('exit', resolve))
await sender.close()
await warehouse.close()
await server.kill()
await broker.close()
rmSync(folder, { recursive: true })
process.exit(0)

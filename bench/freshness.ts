/**
 * From the packet's time to the row that can be read, at a steady rate.
 *
 *     node bench/freshness.ts [--rate 5000] [--seconds 60] [--setting NAME=VALUE]…
 *
 * Packets go over a wire between two network namespaces, `goldpan capture -i` reads them there and
 * sends to a broker, `goldpan estimate` inserts; a reader asks every 10 ms how many rows there are.
 * A row's age is counted from its time, which the kernel gave to the packet. All settings are the
 * defaults, unless given (`GOLDPAN_CAPTURE_BATCH_AGE=50ms`). Needs root, the pcap package, Java.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { openServerWarehouse, type Warehouse } from '@goldpan/warehouse'
import { startBroker } from '../test/broker/broker.ts'
import { WarehouseServer } from '../test/estimator/warehouse-server.ts'
import { makeTwoHosts, readUsages, untilCapturing } from './network-namespaces.ts'
import { sensorEnvironment, sensorFlags } from './sensor-start.ts'

const { values } = parseArgs({
  options: {
    rate: { type: 'string', default: '5000' },
    seconds: { type: 'string', default: '60' },
    setting: { type: 'string', multiple: true, default: [] },
    // The bench itself runs on the server's host, which this tells.
    'client-host': { type: 'string' },
  },
})
const [rate, seconds] = [Number(values.rate), Number(values.seconds)]
const pollMillis = 10
/** Until then the line is compiled. */
const warmUpSeconds = Math.min(5, seconds / 4)
const file = (path: string): string => fileURLToPath(new URL(path, import.meta.url))
const nowMicros = (): number => (performance.timeOrigin + performance.now()) * 1000

async function onHost(): Promise<void> {
  const hosts = makeTwoHosts()
  const words = [file('./freshness.ts'), ...process.argv.slice(2), '--client-host', hosts.client]
  try {
    const inside = spawn('ip', ['netns', 'exec', hosts.server, process.execPath, ...words], {
      stdio: 'inherit',
    })
    await once(inside, 'exit')
  } finally {
    hosts.close()
  }
}

const environment = {
  ...process.env,
  ...Object.fromEntries(values.setting.map((each) => each.split('=') as [string, string])),
  GOLDPAN_HTTP_CAPTURE_LISTEN: 'off',
  GOLDPAN_HTTP_ESTIMATE_LISTEN: 'off',
}

const children: ChildProcess[] = []
function start(words: readonly string[], env: NodeJS.ProcessEnv = environment): ChildProcess {
  const child = spawn(process.execPath, [...words], { stdio: ['ignore', 'inherit', 'pipe'], env })
  children.push(child)
  return child
}

const main = file('../cli/src/main.ts')
const source = ['--service', 'ns1.example', '--site', 'ams', '--sensor', 's1']

/** Sensor and estimator, once they work. */
async function startLine(folder: string, url: string, bus: string) {
  const estimator = start([main, 'estimate', '--from', bus, '--warehouse', url])
  estimator.stderr!.pipe(process.stderr)
  await delay(3000)
  const words = ['capture', '-i', 'eth0', ...source, '--to', bus]
  const settings = { ...environment, ...sensorEnvironment, STATE_DIRECTORY: folder }
  const sensor = start([...sensorFlags, main, ...words], settings)
  await untilCapturing(sensor)
  return { sensor, estimator }
}

async function measure(clientHost: string): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'goldpan-freshness-'))
  chmodSync(folder, 0o755) // the sensor becomes another user
  const server = new WarehouseServer(join(folder, 'warehouse'))
  const broker = await startBroker()
  try {
    await server.start()
    const url = `http://default@127.0.0.1:${server.port}`
    const opened = await openServerWarehouse({ url })
    if (!opened.ok) throw new Error(opened.error.message)
    const line = await startLine(folder, url, `kafka://${broker.plain}`)
    const pids = { sensor: line.sensor.pid!, estimator: line.estimator.pid!, warehouse: server.pid }
    await watchRows(opened.value, clientHost, pids)
    for (const child of Object.values(line)) child.kill('SIGTERM')
    await Promise.all(Object.values(line).map((child) => once(child, 'exit')))
    await opened.value.close()
  } finally {
    for (const child of children) child.kill('SIGKILL')
    await server.kill()
    await broker.close()
    rmSync(folder, { recursive: true })
  }
}

/** Puts packets on the wire and looks at the rows until they are all there. */
async function watchRows(
  warehouse: Warehouse,
  clientHost: string,
  pids: Readonly<Record<string, number>>,
): Promise<void> {
  const words = [
    'netns',
    'exec',
    clientHost,
    process.execPath,
    file('../test/integration/packet-emitter.ts'),
  ]
  const emitter = spawn('ip', [...words, 'eth0', String(rate), String(seconds)])
  children.push(emitter)
  emitter.stderr.pipe(process.stderr)
  const looks: Look[] = []
  const usages = () => Object.values(pids).map(readUsages)
  const before = usages()
  const begun = performance.now()
  const wanted = rate * seconds
  const sql = 'SELECT toFloat64(count()) AS rows FROM handshakes'
  for (let rows = 0; rows < wanted && performance.now() - begun < seconds * 1000 + 10_000; ) {
    const [found] = await warehouse.query<{ rows: number }>(sql)
    if (found!.rows > rows) looks.push({ rows: found!.rows, micros: nowMicros() })
    rows = found!.rows
    await delay(pollMillis)
  }
  const elapsed = (performance.now() - begun) / 1000
  const spent = usages().map((processes, at) =>
    processes.map(({ cpuSeconds }, child) => cpuSeconds - (before[at]![child]?.cpuSeconds ?? 0)),
  )
  const times = await warehouse.query<{ micros: number }>(
    'SELECT toFloat64(toUnixTimestamp64Micro(time)) AS micros FROM handshakes ORDER BY time',
  )
  report(
    times.map(({ micros }) => micros),
    looks,
  )
  for (const [at, name] of Object.keys(pids).entries()) {
    const shares = spent[at]!.map((cpu) => `${((cpu / elapsed) * 100).toFixed(1)} %`)
    console.log(`${name}: ${shares.join(' and ')} of a core`)
  }
}

interface Look {
  readonly rows: number
  readonly micros: number
}

function report(times: readonly number[], looks: readonly Look[]): void {
  const ages: number[] = []
  let row = 0
  for (const { rows, micros } of looks) {
    for (; row < rows; row++) {
      if (times[row]! - times[0]! >= warmUpSeconds * 1e6) ages.push((micros - times[row]!) / 1e6)
    }
  }
  ages.sort((left, right) => left - right)
  const at = (share: number): string => ages[Math.floor(share * (ages.length - 1))]!.toFixed(3)
  console.log(
    `${times.length} of ${rate * seconds} rows, ${looks.length} blocks; after ` +
      `${warmUpSeconds} s: p50 ${at(0.5)} s, p90 ${at(0.9)} s, p99 ${at(0.99)} s, ` +
      `longest ${at(1)} s`,
  )
}

if (values['client-host'] === undefined) await onHost()
else await measure(values['client-host'])
process.exit(0)

import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Finding } from '@goldpan/core'
import { parseWorld, type World, writeWorld } from '@goldpan/simulator'
import { WarehouseServer } from '../estimator/warehouse-server.ts'
import { type OwnProcess, startProcess } from './own-process.ts'

/**
 * The world of `goldpan demo` through the whole line (a sensor a site, a broker, several
 * estimators, a warehouse, `watch`), beside `analyze` of the same captures: each a process of its
 * own.
 */

const main = fileURLToPath(new URL('../../cli/src/main.ts', import.meta.url))
const worlds = new URL('../../packages/simulator/worlds/', import.meta.url)

/** The demo's world, under another name where a broker is shared. */
export function demoWorld(service?: string): World {
  const parsed = parseWorld(readFileSync(new URL('demo.yaml', worlds), 'utf8'))
  if (!parsed.ok) throw new Error(parsed.error.message)
  return service === undefined ? parsed.value : { ...parsed.value, service }
}

export interface DemoLineOptions {
  readonly world: World
  /** An empty folder for captures, spools and warehouses. */
  readonly folder: string
  /** `HOST:PORT` of a broker. */
  readonly broker: string
  readonly group: string
  readonly estimators: number
  readonly onStep?: (step: string) => void
}

export interface Side {
  /** Rows of handshakes, traffic and heartbeats. */
  readonly rows: string
  readonly findings: readonly Finding[]
}

export interface DemoLine {
  readonly alone: Side
  readonly line: Side
  /** Partitions that each estimator had at last. */
  readonly partitions: readonly number[]
}

/** Runs both and returns what each has found. */
export async function runDemoLine(options: DemoLineOptions): Promise<DemoLine> {
  const { world, folder, onStep = () => undefined } = options
  const started: OwnProcess[] = []
  const server = new WarehouseServer(join(folder, 'line'))
  try {
    await writeWorld(world, { folder, packets: true })
    onStep('the captures are written')
    mkdirSync(join(folder, 'line'))
    await server.start()
    const at = `http://default@127.0.0.1:${server.port}`
    const estimators = Array.from({ length: options.estimators }, () => estimate(options, at))
    started.push(...estimators)
    const alone = join(folder, 'alone')
    await Promise.all([analyze(options, alone), capture(options)])
    onStep('the captures are analyzed, and sent')
    const wanted = await rowsIn(alone, world)
    let rows = await rowsIn(at, world)
    for (let tries = 0; rows !== wanted && tries < 120; tries++) {
      await sleep(250)
      rows = await rowsIn(at, world)
    }
    onStep('every row is in the warehouse')
    await goldpan('watch', '--until-caught-up', '--warehouse', at, '--service', world.service)
    onStep('the minutes are decided')
    return {
      alone: { rows: wanted, findings: await findingsIn(alone, world) },
      line: { rows, findings: await findingsIn(at, world) },
      partitions: estimators.map(partitionsOf),
    }
  } finally {
    for (const process of started) await process.stop('SIGTERM')
    await server.kill()
  }
}

const off = ['ESTIMATE', 'CAPTURE', 'WATCH'].map((name) => `GOLDPAN_HTTP_${name}_LISTEN=off`)

/** Starts the command; `settings` as `NAME=value`. */
function start(words: readonly string[], settings: readonly string[] = []): OwnProcess {
  return startProcess('env', [...off, ...settings, process.execPath, main, ...words])
}

/** Runs the command to its end. */
async function goldpan(...words: string[]): Promise<string> {
  const running = start(words)
  const code = await running.finished(600_000)
  if (code !== 0)
    throw new Error(`goldpan ${words.join(' ')} ended with ${code}: ${running.output()}`)
  return running.output()
}

const placesIn = (folder: string): string[] => [
  ...['--sites', join(folder, 'sites.csv')],
  ...['--networks', join(folder, 'networks.csv')],
]

const estimate = ({ folder, broker, group }: DemoLineOptions, at: string): OwnProcess =>
  start([
    ...['estimate', '--from', `kafka://${broker}`, '--group', group, '--warehouse', at],
    ...placesIn(folder),
  ])

async function analyze({ world, folder }: DemoLineOptions, warehouse: string): Promise<void> {
  const inputs = world.sites.map((site) => `${site}=${join(folder, `${site}.pcap`)}`)
  const words = ['--service', world.service, ...placesIn(folder), '--warehouse', warehouse]
  await goldpan('analyze', ...inputs, ...words)
}

/** A sensor a site, all at once. */
async function capture({ world, folder, broker }: DemoLineOptions): Promise<void> {
  const ofSite = (site: string): Promise<string> => {
    const what = ['-r', join(folder, `${site}.pcap`), '--service', world.service, '--site', site]
    return goldpan('capture', ...what, '--sensor', `${site}-1`, '--to', `kafka://${broker}`)
  }
  await Promise.all(world.sites.map(ofSite))
}

async function rowsIn(warehouse: string, { service }: World): Promise<string> {
  const rowsOf = (table: string) => `(select count() from ${table} where service = '${service}')`
  const sql = `select ${['handshakes', 'traffic', 'sensor_status'].map(rowsOf).join()}`
  return (await goldpan('sql', sql, '--warehouse', warehouse, '--format', 'CSV')).trim()
}

async function findingsIn(warehouse: string, { service }: World): Promise<Finding[]> {
  const text = await goldpan('findings', '--format', 'json', '--warehouse', warehouse)
  return (JSON.parse(text) as Finding[]).filter((finding) => finding.service === service)
}

function partitionsOf(estimator: OwnProcess): number {
  const joined = [
    ...estimator.output().matchAll(/"partitions":(\d+),"message":"joined the group"/g),
  ]
  return Number(joined.at(-1)?.[1] ?? 0)
}

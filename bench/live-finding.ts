import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { type Finding, formatPacketTime } from '@goldpan/core'
import { parseWorld, writePlaces } from '@goldpan/simulator'
import { readGrafanaQuery, type Warehouse } from '@goldpan/warehouse'
import { openHeldWarehouse } from '@goldpan/warehouse-embedded'
import { startBroker } from '../test/broker/broker.ts'

/**
 * From the onset to the alert: three simulated sites are replayed in real time through sensors, a
 * broker, the estimator and `watch`; how long until the alert rule's statement returns the finding?
 *
 *   node bench/live-finding.ts [polarization|detour_by_site] [SECONDS_UNTIL_ONSET]
 *
 * The hours before are sent at once, so that every client has its history. Takes about six minutes.
 */

const [, , kind = 'detour_by_site', until = '120'] = process.argv
const hourMillis = 3_600_000
const waitSecondsMax = 600
const main = fileURLToPath(new URL('../cli/src/main.ts', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'goldpan-bench-live-finding-'))
const children: ChildProcess[] = []

const liveWorld = readFileSync(
  new URL('../packages/simulator/worlds/live.yaml', import.meta.url),
  'utf8',
)
const startMillis = Math.floor(Date.now() / hourMillis - 2) * hourMillis
const onsetMillis = Math.ceil((Date.now() + Number(until) * 1000) / 60_000) * 60_000
const startHour = (onsetMillis - startMillis) / hourMillis
const network = kind === 'polarization' ? 0 : 5
const site = kind === 'polarization' ? 'iad' : 'sin'
const world = join(folder, 'world.yaml')
const event = `  - { kind: ${kind}, network: ${network}, site: ${site}, startHour: ${startHour} }\n`
writeFileSync(world, `${liveWorld.slice(0, liveWorld.indexOf('events:'))}events:\n${event}`)
const parsed = parseWorld(readFileSync(world, 'utf8'))
if (!parsed.ok) throw new Error(parsed.error.message)
writePlaces(parsed.value, folder)

const env = {
  ...process.env,
  GOLDPAN_HTTP_CAPTURE_LISTEN: 'off',
  GOLDPAN_HTTP_ESTIMATE_LISTEN: 'off',
  GOLDPAN_HTTP_WATCH_LISTEN: 'off',
  GOLDPAN_LOG_LEVEL: 'warn',
}
const spoolIn = (spool: string) => ({
  GOLDPAN_CAPTURE_SPOOL_FOLDER: spool,
  GOLDPAN_CAPTURE_USER: userInfo().username,
})
const goldpan = (
  words: readonly string[],
  stdin: 'ignore' | NodeJS.ReadableStream,
  spool = '',
): ChildProcess => {
  const child = spawn(process.execPath, [main, ...words], {
    stdio: ['pipe', 'pipe', 'inherit'],
    // The folder is of whoever runs this: a sensor that became another user could not enter it.
    env: spool === '' ? env : { ...env, ...spoolIn(spool) },
  })
  if (stdin === 'ignore') child.stdin!.end()
  else stdin.pipe(child.stdin!)
  children.push(child)
  return child
}

const broker = await startBroker()
try {
  const bus = `kafka://${broker.plain}`
  const warehouse = join(folder, 'warehouse')
  const places = ['--networks', join(folder, 'networks.csv'), '--sites', join(folder, 'sites.csv')]
  const into = ['--warehouse', warehouse, ...places]
  const estimator = goldpan(['estimate', '--from', bus, ...into], 'ignore')
  for (const code of parsed.value.sites) {
    const replay = goldpan(['replay', world, '--site', code, '--since', '2h'], 'ignore')
    const spool = join(folder, 'spool', code)
    const what = ['-r', '-', '--service', parsed.value.service, '--site', code, '--sensor', code]
    goldpan(['capture', ...what, '--to', bus], replay.stdout!, spool)
  }
  while (!existsSync(join(warehouse, 'goldpan.sock'))) await sleep(200)
  goldpan(['watch', '--warehouse', warehouse], 'ignore')
  const opened = await openHeldWarehouse(warehouse, estimator.pid!)
  if (!opened.ok) throw new Error(opened.error.message)
  process.stdout.write(`onset ${formatPacketTime(onsetMillis * 1000)}\n`)
  report(await untilAlert(opened.value))
  await opened.value.close()
} finally {
  for (const child of children.reverse()) child.kill('SIGKILL')
  await broker.close()
  rmSync(folder, { recursive: true, force: true })
}

interface Alert {
  readonly finding: Finding
  readonly seenMillis: number
}

/** Asks what the alert rule asks, once a second, until it returns the event. */
async function untilAlert(warehouse: Warehouse): Promise<Alert> {
  const { sql } = readGrafanaQuery('alert-finding-page-open')
  for (;;) {
    const rows = await warehouse.query<{ kind: string; finding_id: string }>(sql)
    const row = rows.find((one) => one.kind === kind)
    if (row) {
      const seenMillis = Date.now()
      const [found] = await warehouse.query<{ finding: string }>(
        'SELECT finding FROM findings FINAL WHERE id = {id:String}',
        { id: row.finding_id },
      )
      return { finding: JSON.parse(found!.finding) as Finding, seenMillis }
    }
    if (Date.now() - onsetMillis > waitSecondsMax * 1000) throw new Error('no alert')
    await sleep(1000)
  }
}

function report({ finding, seenMillis }: Alert): void {
  const minutes = (millis: number): string => (millis / 60_000).toFixed(2)
  const openedMillis = Date.parse(finding.opened)
  process.stdout.write(
    `${finding.kind} of ${finding.site_to}, its onset ${finding.onset}\n` +
      `opened (packet time) ${minutes(openedMillis - onsetMillis)} min after the onset\n` +
      `returned by the alert rule's statement ${minutes(seenMillis - onsetMillis)} min after it\n`,
  )
}

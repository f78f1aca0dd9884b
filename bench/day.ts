import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import type { Finding } from '@goldpan/core'
import { parseWorld, type TrueEvent, writeWorld } from '@goldpan/simulator'

/**
 * `goldpan analyze` of the day of bench/day.yaml, the whole command in a process of its own.
 *
 *   node bench/day.ts [FOLDER]
 *
 * FOLDER keeps the simulated day for the next run.
 */

const main = fileURLToPath(new URL('../cli/src/main.ts', import.meta.url))
const kept = process.argv[2]
const folder = kept ?? mkdtempSync(join(tmpdir(), 'goldpan-day-'))
const parsed = parseWorld(readFileSync(new URL('./day.yaml', import.meta.url), 'utf8'))
if (!parsed.ok) throw new Error(parsed.error.message)
const world = parsed.value
if (!existsSync(join(folder, 'truth.json'))) await writeWorld(world, { folder, packets: false })

const started = performance.now()
const child = spawn(
  process.execPath,
  [
    ...[main, 'analyze', ...world.sites.map((site) => `${site}=${site}.csv`)],
    ...['--service', world.service, '--sites', 'sites.csv', '--networks', 'networks.csv'],
    ...['--format', 'json'],
  ],
  {
    cwd: folder,
    env: { ...process.env, XDG_STATE_HOME: join(folder, 'state') },
    stdio: ['ignore', 'pipe', 'inherit'],
  },
)
let highestKilobytes = 0
const looking = setInterval(() => {
  const status = existsSync(`/proc/${child.pid}/status`)
    ? readFileSync(`/proc/${child.pid}/status`, 'utf8')
    : ''
  highestKilobytes = Math.max(highestKilobytes, Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0))
}, 200)
const [output, [code]] = await Promise.all([text(child.stdout), once(child, 'close')])
clearInterval(looking)
const wallSeconds = (performance.now() - started) / 1000
if (code !== 0) throw new Error(`goldpan analyze ended with ${code}`)
const { user, system } = cpuOfChildren()
const report = JSON.parse(output) as {
  findings: Finding[]
  sites: { handshakes: number }[]
}
const truth = JSON.parse(readFileSync(join(folder, 'truth.json'), 'utf8')) as {
  events: TrueEvent[]
}
console.log({
  handshakes: report.sites.reduce((sum, { handshakes }) => sum + handshakes, 0),
  csvMegabytes: Math.round(
    world.sites.reduce((sum, site) => sum + statSync(join(folder, `${site}.csv`)).size, 0) / 1e6,
  ),
  wallSeconds: Math.round(wallSeconds),
  cpuSeconds: Math.round(user + system),
  highestMegabytes: Math.round(highestKilobytes / 1024),
  truth: truth.events.map(({ kind, asn, countries, onset }) => [kind, asn ?? countries, onset]),
  findings: report.findings.map(({ kind, severity, scope, ip_version, site_to, onset, opened }) => [
    ...[kind, severity, `IPv${ip_version}`, scope.asns[0] ?? scope.countries[0], site_to],
    ...[onset ?? 'standing', opened],
  ]),
})
if (kept === undefined) rmSync(folder, { recursive: true })

/** CPU seconds of ended children: /proc/self/stat fields 16 and 17, in ticks of 10 ms. */
function cpuOfChildren(): { user: number; system: number } {
  const fields = readFileSync('/proc/self/stat', 'utf8').split(') ')[1]!.split(' ')
  return { user: Number(fields[13]) / 100, system: Number(fields[14]) / 100 }
}

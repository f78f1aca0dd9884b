import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  chownSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { type Finding, formatPacketTime } from '@goldpan/core'
import { readFindings, readGrafanaQuery, readMigrations } from '@goldpan/warehouse'
import { openEmbeddedWarehouse } from '@goldpan/warehouse-embedded'
import { expandStatement } from 'grafana-dashboards-generator'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { pcapBinding, type StageName, stage } from '../../scripts/stage/stage-tree.ts'
import { type Broker, startBroker } from '../broker/broker.ts'
import { startProcess } from '../integration/own-process.ts'
import { missingTools } from '../integration/tools.ts'
import { passwords, readComposeFile, root } from './compose-file.ts'
import { type ServerFront, startServerFront } from './server-front.ts'

/**
 * Our services with the commands and environments of docker-compose.yml. Mapped are: addresses, and
 * the paths of what a container has to itself (secrets, places, /tmp, the installed tree).
 */

const isRoot = process.getuid?.() === 0
const isCi = process.env.CI === 'true'
const canCapture = isRoot && (isCi || existsSync(join(root, pcapBinding)))
const missing = missingTools(['java', 'mvn', 'setpriv'])
if (isCi && !isRoot) throw new Error('CI must run as root: services take the user of the images')

/** What an operator sets: more of the past, so that both events of the world are in it at once. */
const pastHours = 4
const { services } = readComposeFile({
  ...passwords,
  ...{ GOLDPAN_DEMO_SINCE: `${pastHours}h` },
  ...{ GOLDPAN_INTERFACE: 'lo', GOLDPAN_SERVICE: 'wire.example', GOLDPAN_SITE: 'here' },
})
const isOurs = (name: string): boolean => /^goldpan-/.test(services[name]!.image)
const ours = Object.keys(services).filter((name) => isOurs(name) && name !== 'migrate')
const started = ours.filter((name) => name !== 'capture' || canCapture)
/** The user of our images. */
const userId = 65_532

const folder = mkdtempSync(join(tmpdir(), 'goldpan-compose-'))
const homeOf = (tree: StageName): string => join(folder, tree, 'usr/lib/goldpan')
const main = join(root, 'cli/src/main.ts')
const running = new Map<string, { child: ChildProcess; env: NodeJS.ProcessEnv; said: string }>()
let broker: Broker
let warehouse: Awaited<ReturnType<typeof openEmptyWarehouse>>
let front: ServerFront
let addresses: readonly (readonly [RegExp, string])[]

/** As a new server: without a table. */
async function openEmptyWarehouse() {
  const opened = await openEmbeddedWarehouse({ folder: join(folder, 'warehouse') })
  if (!opened.ok) throw new Error(opened.error.message)
  const tables = await opened.value.query<{ name: string; engine: string }>(
    `SELECT name, engine FROM system.tables WHERE database = currentDatabase()
     ORDER BY engine != 'Dictionary', engine != 'MaterializedView'`,
  )
  for (const { name, engine } of tables) {
    const kind = engine === 'Dictionary' ? 'DICTIONARY' : /View$/.test(engine) ? 'VIEW' : 'TABLE'
    await opened.value.command(`DROP ${kind} ${name}`)
  }
  return opened.value
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  return port
}

/** The tree of an image, and what its containers find mounted. */
function install(tree: StageName): void {
  const staged = stage(tree, homeOf(tree))
  if (!staged.ok) throw new Error(staged.error)
  mkdirSync(join(homeOf(tree), 'bin'))
  copyFileSync(process.execPath, join(homeOf(tree), 'bin/node'))
  chmodSync(join(homeOf(tree), 'bin/node'), 0o755)
}

/** Secrets as compose mounts them: of the images' user, who alone may read them. */
function mountSecrets(): void {
  mkdirSync(join(folder, 'secrets'))
  const { secrets } = readComposeFile(passwords)
  for (const [name, { environment }] of Object.entries(secrets)) {
    const file = join(folder, 'secrets', name)
    writeFileSync(file, passwords[environment as keyof typeof passwords], { mode: 0o400 })
    if (isRoot) chownSync(file, userId, userId)
  }
}

beforeAll(async () => {
  if (missing) return
  chmodSync(folder, 0o755)
  install('line')
  if (canCapture) install('sensor')
  mkdirSync(join(folder, 'bin'))
  cpSync(join(root, 'packaging/goldpan'), join(folder, 'bin/goldpan'))
  cpSync(join(root, 'packaging/demo'), join(folder, 'places'), { recursive: true })
  mountSecrets()
  broker = await startBroker()
  warehouse = await openEmptyWarehouse()
  front = await startServerFront({
    ...{ warehouse, port: await warehouse.serve(0), database: 'goldpan' },
    admin: { user: 'goldpan', password: passwords.GOLDPAN_CLICKHOUSE_PASSWORD },
  })
  addresses = [
    [/kafka:9092|localhost:9094/g, broker.plain],
    [/clickhouse:8123/g, `127.0.0.1:${front.port}`],
    [/\/run\/secrets\//g, `${folder}/secrets/`],
    [/\/etc\/goldpan\/places\//g, `${folder}/places/`],
    [/\/usr\/lib\/goldpan\//g, `${homeOf('line')}/`],
  ]
}, 120_000)

afterAll(async () => {
  for (const { child } of running.values()) {
    if (child.exitCode === null && child.signalCode === null) process.kill(-child.pid!, 'SIGKILL')
  }
  await front?.close()
  await warehouse?.close()
  await broker?.close()
  rmSync(folder, { recursive: true })
})

/** A service of the file in a process group of its own, as the user of its image. */
async function start(name: string): Promise<ChildProcess> {
  const { command = [], environment = {} } = services[name]!
  const state = join(folder, 'state', name)
  mkdirSync(state, { recursive: true })
  if (isRoot) chownSync(state, userId, userId)
  const listen = `127.0.0.1:${await freePort()}`
  const here: typeof addresses = [
    [/^\/(?:tmp|var\/lib\/goldpan)\//g, `${state}/`],
    ...addresses,
    [/0\.0\.0\.0:\d+/g, listen],
  ]
  const mapped = (text: string): string =>
    here.reduce((mappedText, [from, to]) => mappedText.replaceAll(from, to), text)
  const isSensor = /capture/.test(command.join())
  const env = {
    PATH: `${folder}/bin:/usr/bin:/bin`,
    GOLDPAN_HOME: homeOf(name === 'capture' ? 'sensor' : 'line'),
    ...{ HOME: state, NODE_COMPILE_CACHE: join(state, 'compile-cache') },
    // In a network of its own each has the port that is the default.
    ...(isSensor ? { GOLDPAN_HTTP_CAPTURE_LISTEN: listen } : {}),
    ...Object.fromEntries(
      Object.entries(environment).map(([key, value]) => [key, mapped(String(value))]),
    ),
  }
  const words = [...(isRoot ? asUserOfImage(name) : []), ...command.map(mapped)]
  const child = spawn(words[0]!, words.slice(1), {
    ...{ env, cwd: state, detached: true },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const service = { child, env, said: '' }
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      service.said = (service.said + chunk.toString()).slice(-4000)
    })
  }
  running.set(name, service)
  return child
}

/** The images' user, without any capability but what the file gives. */
function asUserOfImage(name: string): string[] {
  const isCapturing = services[name]!.cap_add?.includes('NET_RAW')
  const capabilities = isCapturing ? ['--inh-caps=+net_raw', '--ambient-caps=+net_raw'] : []
  const user = ['--reuid', String(userId), '--regid', String(userId), '--clear-groups']
  return ['setpriv', ...user, ...capabilities, '--no-new-privs', '--']
}

/** The health check of the file, run as the container would. */
function isHealthy(name: string): boolean {
  const [, program, ...words] = services[name]!.healthcheck!.test!
  return spawnSync(program!, words, { env: running.get(name)!.env }).status === 0
}

async function until(name: string, isDone: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + 150_000
  while (!(await isDone())) {
    for (const [service, { child, said }] of running) {
      if (child.exitCode) throw new Error(`${service} ended: ${said}`)
    }
    if (Date.now() > end) {
      const said = [...running].map(([service, each]) => `${service}: ${each.said.slice(-1000)}`)
      throw new Error(`no ${name} in time\n${said.join('\n')}`)
    }
    await delay(500)
  }
}

/** What `analyze` finds in what the demo's sensors have seen until the present full hour. */
async function analyzeAlone(): Promise<Finding[]> {
  const hourMillis = 3_600_000
  const startMillis = Math.floor(Date.now() / hourMillis - pastHours) * hourMillis
  const text = readFileSync(join(root, 'packages/simulator/worlds/live.yaml'), 'utf8')
  const world = join(folder, 'world.yaml')
  const start = `start: ${formatPacketTime(startMillis * 1000)}\n`
  writeFileSync(world, start + text.replace(/^hours: .*/m, `hours: ${pastHours}`))
  const captures = join(folder, 'captures')
  const run = async (...words: string[]): Promise<string> => {
    const goldpan = startProcess(process.execPath, [main, ...words])
    expect(await goldpan.finished(120_000), goldpan.output()).toBe(0)
    return goldpan.output()
  }
  await run('simulate', world, '--out', captures)
  const inputs = ['ams', 'iad', 'sin'].map((site) => `${site}=${join(captures, `${site}.pcap`)}`)
  const places = ['--networks', join(folder, 'places/networks.csv')]
  const what = [...places, '--sites', join(folder, 'places/sites.csv'), '--service', 'ns1.example']
  const alone = join(folder, 'alone')
  await run('analyze', ...inputs, ...what, '--warehouse', alone)
  return JSON.parse(await run('findings', '--format', 'json', '--warehouse', alone)) as Finding[]
}

/** What a finding says, but for numbers that are measured anew as time goes on. */
const gist = ({ id, kind, severity, state, ip_version, scope, ...one }: Finding) => ({
  ...{ id, kind, severity, state, ip_version, asns: scope.asns, countries: scope.countries },
  ...{ site_from: one.site_from, site_to: one.site_to, onset: one.onset, opened: one.opened },
})

describe.skipIf(missing)('the services of docker-compose.yml', () => {
  it('are all started here', () => {
    expect(ours.sort()).toEqual([
      ...['capture', 'demo-ams', 'demo-iad', 'demo-sin', 'estimate', 'watch'],
    ])
  })

  it('migrate makes every table and lets each user in by its password, then ends', async () => {
    const child = await start('migrate')
    const [code] = await once(child, 'exit')
    const { said } = running.get('migrate')!
    running.delete('migrate')
    expect(code, said).toBe(0)
    const done = await warehouse.query('SELECT DISTINCT number FROM migrations ORDER BY number')
    expect(done).toEqual(readMigrations().map(({ number }) => ({ number })))
    const users = front.access.filter((sql) => /^ALTER USER/.test(sql))
    expect(users.map((sql) => sql.split(' ')[2])).toEqual([
      ...['goldpan_estimator', 'goldpan_watch', 'goldpan_grafana'],
    ])
  })

  it('bring all the demo’s findings into the warehouse and onto the NOC’s screen', {
    timeout: 240_000,
  }, async () => {
    for (const name of started) await start(name)
    const alone = await analyzeAlone()
    expect(new Set(alone.map(({ kind }) => kind))).toEqual(
      new Set(['polarization', 'detour_by_site']),
    )
    await until('health', async () => started.every(isHealthy))
    let findings: Finding[] = []
    await until('findings', async () => {
      findings = (await readFindings(warehouse)).filter(({ state }) => state === 'open')
      return findings.length >= alone.length
    })
    const byId = (all: readonly Finding[]) =>
      all.map(gist).sort((left, right) => left.id.localeCompare(right.id))
    expect(byId(findings)).toEqual(byId(alone))
    const now = { fromMillis: Date.now() - 3_600_000, toMillis: Date.now(), intervalSeconds: 60 }
    const alert = expandStatement(readGrafanaQuery('alert-finding-page-open').sql, now)
    expect(await warehouse.query(alert)).toHaveLength(findings.length)
  })

  it('are heard: a sensor of each site, that of this host among them', async () => {
    const sql = 'SELECT DISTINCT toString(site) AS site FROM sensor_status ORDER BY site'
    const wanted = [...(canCapture ? ['here'] : []), 'ams', 'iad', 'sin'].sort()
    await until('heartbeat', async () => (await warehouse.query(sql)).length >= wanted.length)
    expect(await warehouse.query(sql)).toEqual(wanted.map((site) => ({ site })))
  })

  it('end in an orderly way when they are told to', { timeout: 30_000 }, async () => {
    for (const name of started.filter((service) => !/^demo/.test(service))) {
      const { child } = running.get(name)!
      const ended = once(child, 'exit')
      child.kill('SIGTERM')
      const [code] = await ended
      expect([name, code]).toEqual([name, 143])
    }
  })
})

import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Finding } from '@goldpan/core'
import { readFindings, readGrafanaQuery } from '@goldpan/warehouse'
import { openEmbeddedWarehouse } from '@goldpan/warehouse-embedded'
import { expandStatement } from 'grafana-dashboards-generator'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { stage } from '../../scripts/stage/stage-tree.ts'
import { type Broker, startBroker } from '../broker/broker.ts'
import { missingTools } from '../integration/tools.ts'
import { passwords, readComposeFile, root } from './compose-file.ts'

const missing = missingTools(['java', 'mvn'])
const { services } = readComposeFile(passwords)
const ours = ['estimate', 'watch', 'demo-ams', 'demo-iad', 'demo-sin']

const folder = mkdtempSync(join(tmpdir(), 'goldpan-compose-'))
const home = join(folder, 'usr/lib/goldpan')
const running = new Map<string, { child: ChildProcess; env: NodeJS.ProcessEnv; said: string }>()
let broker: Broker
let warehouse: Awaited<ReturnType<typeof openWarehouse>>
let addresses: readonly (readonly [RegExp, string])[]

async function openWarehouse() {
  const opened = await openEmbeddedWarehouse({ folder: join(folder, 'warehouse') })
  if (!opened.ok) throw new Error(opened.error.message)
  return opened.value
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  return port
}

beforeAll(async () => {
  if (missing) return
  const staged = stage('line', home)
  if (!staged.ok) throw new Error(staged.error)
  mkdirSync(join(home, 'bin'))
  copyFileSync(process.execPath, join(home, 'bin/node'))
  spawnSync('chmod', ['755', join(home, 'bin/node')])
  mkdirSync(join(folder, 'secrets'))
  const secrets = { estimator: 'e', watch: 'w' }
  for (const [user, password] of Object.entries(secrets)) {
    writeFileSync(join(folder, 'secrets', `${user}_password`), password, { mode: 0o600 })
  }
  broker = await startBroker()
  warehouse = await openWarehouse()
  const port = await warehouse.serve(0, { goldpan_estimator: 'e', goldpan_watch: 'w' })
  addresses = [
    [/kafka:9092/g, broker.plain],
    [/clickhouse:8123\/goldpan/g, `127.0.0.1:${port}/default`],
    [/\/run\/secrets\//g, `${folder}/secrets/`],
    [/\/etc\/goldpan\/places\//g, `${root}/packaging/demo/`],
    [/\/usr\/lib\/goldpan\//g, `${home}/`],
  ]
}, 120_000)

afterAll(async () => {
  for (const { child } of running.values()) {
    if (child.exitCode === null && child.signalCode === null) process.kill(-child.pid!, 'SIGKILL')
  }
  await warehouse?.close()
  await broker?.close()
  rmSync(folder, { recursive: true })
})

const mapped = (text: string): string =>
  addresses.reduce((mappedText, [from, to]) => mappedText.replaceAll(from, to), text)

/** In its container a sensor has a folder of its own and is not root. */
const sensorHere = (state: string): Record<string, string> => ({
  GOLDPAN_CAPTURE_SPOOL_FOLDER: join(state, 'spool'),
  GOLDPAN_CAPTURE_USER: 'root',
})

/** A service of the file in a process group of its own, addresses mapped to this test's. */
async function start(name: string): Promise<void> {
  const { command = [], environment = {} } = services[name]!
  const kind = /^demo/.test(name) ? 'CAPTURE' : name.toUpperCase()
  const state = join(folder, 'state', name)
  mkdirSync(state, { recursive: true })
  const env = {
    PATH: `${root}/packaging:/usr/bin:/bin`,
    GOLDPAN_HOME: home,
    HOME: state,
    ...Object.fromEntries(
      Object.entries(environment).map(([key, value]) => [key, mapped(String(value))]),
    ),
    // On one host every service needs a port and a spool of its own.
    [`GOLDPAN_HTTP_${kind}_LISTEN`]: `127.0.0.1:${await freePort()}`,
    ...(kind === 'CAPTURE' ? sensorHere(state) : {}),
  }
  const [program, ...words] = command.map(mapped)
  const child = spawn(program!, words, { env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
  const service = { child, env, said: '' }
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      service.said = (service.said + chunk.toString()).slice(-4000)
    })
  }
  running.set(name, service)
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
      if (child.exitCode !== null) throw new Error(`${service} ended: ${said}`)
    }
    if (Date.now() > end) {
      const said = [...running].map(([service, each]) => `${service}: ${each.said.slice(-1000)}`)
      throw new Error(`no ${name} in time\n${said.join('\n')}`)
    }
    await delay(500)
  }
}

describe.skipIf(missing)('the services of docker-compose.yml', () => {
  it('bring the demo’s finding into the warehouse and onto the NOC’s screen', {
    timeout: 240_000,
  }, async () => {
    for (const name of ours) await start(name)
    await until('health', async () => ours.every(isHealthy))
    let findings: Finding[] = []
    await until('finding', async () => {
      findings = (await readFindings(warehouse)).filter(({ state }) => state === 'open')
      return findings.length > 0
    })
    for (const finding of findings) {
      expect(finding).toMatchObject({
        kind: 'polarization',
        severity: 'page',
        site_to: 'iad',
        scope: { asns: [4_200_000_000] },
      })
    }
    const now = { fromMillis: Date.now() - 3_600_000, toMillis: Date.now(), intervalSeconds: 60 }
    const alert = expandStatement(readGrafanaQuery('alert-finding-page-open').sql, now)
    expect(await warehouse.query(alert)).toHaveLength(findings.length)
  })

  it('end in an orderly way when they are told to', async () => {
    for (const name of ['watch', 'estimate']) {
      const { child } = running.get(name)!
      const ended = once(child, 'exit')
      child.kill('SIGTERM')
      const [code] = await ended
      expect([name, code]).toEqual([name, 143])
    }
  })
})

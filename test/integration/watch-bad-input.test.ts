import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readSites, storePlaces } from '@goldpan/estimator'
import { writeWorld } from '@goldpan/simulator'
import { formatWarehouseTime, readAnalyzerSites, readMigrations } from '@goldpan/warehouse'
import type { EmbeddedWarehouse } from '@goldpan/warehouse-embedded'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type FaultProxy, startFaultProxy } from '../warehouse/fault-proxy.ts'
import { fillWarehouse } from './filled-warehouse.ts'
import { type OwnProcess, startProcess } from './own-process.ts'
import { smallWorld } from './small-world.ts'

/** What `goldpan watch` says, in one sentence each, of a warehouse that is not as it should be. */

const main = fileURLToPath(new URL('../../cli/src/main.ts', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'goldpan-watch-bad-'))
const world = smallWorld({ hours: 0.5 })
const { service } = world
const newest = readMigrations().at(-1)!.number

let warehouse: EmbeddedWarehouse
let proxy: FaultProxy

beforeAll(async () => {
  await writeWorld(world, { folder, packets: true })
  warehouse = (await fillWarehouse(world, folder)) as EmbeddedWarehouse
  proxy = await startFaultProxy({ host: '127.0.0.1', port: await warehouse.serve(0) })
})
afterAll(async () => {
  await proxy.close()
  await warehouse.close()
  rmSync(folder, { recursive: true })
})

const serverUrl = (): string => `http://default@127.0.0.1:${proxy.port}`

function startWatch(at: string, ...words: string[]): OwnProcess {
  const settings = ['GOLDPAN_WATCH_EVERY=200ms', 'GOLDPAN_HTTP_WATCH_LISTEN=127.0.0.1:0']
  const program = [...settings, process.execPath, main, 'watch', '--warehouse', at, ...words]
  return startProcess('env', program)
}

interface Said {
  readonly code: number | null
  /** Sentences of the log from the level `warn` on, and what is no log. */
  readonly complaints: readonly string[]
}

async function watch(at: string, ...words: string[]): Promise<Said> {
  const watching = startWatch(at, '--until-caught-up', ...words)
  const code = await watching.finished(20_000)
  const complaints = watching
    .output()
    .trim()
    .split('\n')
    .map((line) => (line.startsWith('{') ? JSON.parse(line) : { message: line }))
    .filter(({ level }) => level !== 'info')
    .map(({ message }) => message.replace('goldpan: ', '') as string)
  return { code, complaints }
}

const countIn = async (table: string): Promise<number> => {
  const rows = await warehouse.query<{ n: number }>(`SELECT toUInt32(count()) AS n FROM ${table}`)
  return rows[0]!.n
}

/** Denies the user whatever matches, while something is done. */
async function denying<Value>(query: RegExp, work: () => Promise<Value>): Promise<Value> {
  proxy.plan(Array(100).fill('denied'), (text) => query.test(text))
  try {
    return await work()
  } finally {
    proxy.plan([])
  }
}

describe('a user without rights', () => {
  it.each([
    ['write analyzer_states', /^INSERT INTO analyzer_states/],
    ['write findings', /^INSERT INTO findings/],
    ['read traffic', /FROM traffic/],
  ])('who may not %s is told so, and nothing is written by halves', async (what, query) => {
    const { code, complaints } = await denying(query, () => watch(serverUrl()))
    expect(code).toBe(1)
    expect(complaints).toHaveLength(1)
    expect(complaints[0]).toContain(`goldpan watch must ${what}, and the user default has not the`)
    expect(complaints[0]).toContain('with the role goldpan_analyzer; nothing was written')
    expect(await countIn('analyzer_states')).toBe(0)
  })

  it('who sees no table is not told that there is none', async () => {
    await warehouse.command('RENAME TABLE migrations TO hidden')
    const { code, complaints } = await denying(/FROM migrations/, () => watch(serverUrl()))
    await warehouse.command('RENAME TABLE hidden TO migrations')
    expect(code).toBe(1)
    expect(complaints).toEqual([expect.stringMatching(/^the user default has not the rights/)])
  })
})

describe('a warehouse of another age', () => {
  const sentences = {
    newer:
      `the warehouse has migration 999, this goldpan knows up to ${newest}: ` +
      'update goldpan, nothing was changed',
    older:
      `lacks 1 of ${newest} migrations and the user default may not run them: ` +
      'run goldpan migrate',
  }

  it('that is newer is left alone, on a server and where another process holds it', async () => {
    await warehouse.insertRows('migrations', [{ number: 999, name: 'future' }], 'future')
    const both = [await watch(serverUrl()), await watch(join(folder, 'warehouse'))]
    await warehouse.command('DELETE FROM migrations WHERE number = 999')
    expect(both).toEqual(Array(2).fill({ code: 1, complaints: [sentences.newer] }))
  })

  it('that is older is migrated, or says who must where this user may not', async () => {
    await warehouse.command('DELETE FROM migrations WHERE number = 7')
    const { code, complaints } = await denying(/^\s*CREATE/, () => watch(serverUrl()))
    expect([code, complaints]).toEqual([1, [expect.stringContaining(sentences.older)]])
    const held = await watch(join(folder, 'warehouse'))
    expect(held.complaints.join()).toMatch(/in use by process \d+ of an older goldpan/)
    expect(await countIn('migrations')).toBe(newest - 1)
    expect((await watch(serverUrl())).code).toBe(0)
    expect(await countIn('migrations')).toBe(newest)
  })
})

it('says once of an empty warehouse that nothing is there yet, and where', async () => {
  const empty = join(folder, 'empty')
  const made = startProcess(process.execPath, [main, 'migrate', '--warehouse', empty])
  expect(await made.finished(20_000), made.output()).toBe(0)
  const { code, complaints } = await watch(empty)
  expect(code).toBe(0)
  expect(complaints).toEqual([
    `there are no handshakes yet in the warehouse ${empty} (its migrations are there, up to ` +
      `${newest}), and no sensor was heard: goldpan doctor says where data stop`,
  ])
})

it('says which services there are when it is asked for another', async () => {
  const { code, complaints } = await watch(serverUrl(), '--service', 'ns9.example')
  expect(code).toBe(0)
  expect(complaints).toEqual([
    `no sensor of ns9.example was heard in the warehouse ${serverUrl()}, which has ` +
      `${service}: check the name of the service`,
  ])
})

it('names the sites that no file names, and keeps what it knew of one that vanished', async () => {
  await warehouse.command('TRUNCATE TABLE analyzer_states')
  const without = await watch(serverUrl())
  expect(without.complaints).toContain(
    'nothing is known of the sites ams, iad, sin: each counts as a global one of both IP ' +
      'versions; name them in the file that goldpan estimate has under --sites',
  )
  const sites = readSites(join(folder, 'sites.csv'))
  if (!sites.ok) throw new Error(sites.error.message)
  const local = sites.value.map((site) => ({ ...site, reach: 'local' as const }))
  await storePlaces(warehouse, { sites: local, networks: undefined })
  await storePlaces(warehouse, { sites: sites.value.slice(1), networks: undefined })
  await warehouse.command('TRUNCATE TABLE analyzer_states')
  expect(await watch(serverUrl())).toEqual({ code: 0, complaints: [] })
  const reaches = (await readAnalyzerSites(warehouse)).map(({ code, reach }) => [code, reach])
  expect(reaches).toEqual([
    ['ams', 'local'],
    ['iad', 'global'],
    ['sin', 'global'],
  ])
})

describe('sensors that are not waited for', () => {
  const now = Math.floor(Date.now() / 1000)
  const heartbeat = (sensor: string, seconds: number): object => ({
    ...{ service: 'live.example', site: 'ams', sensor, final: false, packets: 0, bytes: 0 },
    ...{ time: formatWarehouseTime((now + seconds) * 1e6), handshakes: 0, counters: {} },
    ...{ pending: 0, version: '', clock_offset_us: 0 },
  })

  let watching: OwnProcess
  afterAll(() => watching?.stop('SIGTERM'))

  it('are named in the log and in a metric, each with its reason', async () => {
    const beats = [heartbeat('one', 0), heartbeat('two', 1), heartbeat('fast', 3601)]
    await warehouse.insertRows('sensor_status', beats, 'beats')
    watching = startWatch(serverUrl(), '--service', 'live.example')
    await watching.waitFor(
      /sensor ams\/fast is set aside: its clock is 3600 s ahead of the median of all/,
      15_000,
    )
    const [, url] = /"health":"([^"]+)"/.exec(watching.output())!
    const metrics = await (await fetch(`${url}/metrics`)).text()
    expect(metrics).toMatch(
      /sensors_set_aside\{service="live.example",site="ams",sensor="fast",reason="clock"\} 1/,
    )
    await warehouse.insertRows(
      'sensor_status',
      [heartbeat('fast', 3602), heartbeat('one', 3603), heartbeat('two', 3604)],
      'mended',
    )
    await watching.waitFor(/sensor ams\/fast is waited for again/, 15_000)
    expect(watching.output().split('is set aside')).toHaveLength(2)
  })
})

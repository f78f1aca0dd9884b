import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { analyzeWarehouse } from '@goldpan/anycast-analyzer'
import type { Finding } from '@goldpan/core'
import { writeWorld } from '@goldpan/simulator'
import { readFindings } from '@goldpan/warehouse'
import type { EmbeddedWarehouse } from '@goldpan/warehouse-embedded'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Fault, type FaultProxy, startFaultProxy } from '../warehouse/fault-proxy.ts'
import { fillWarehouse } from './filled-warehouse.ts'
import { type OwnProcess, startProcess } from './own-process.ts'
import { smallWorld } from './small-world.ts'

/** Real `goldpan watch` processes on one warehouse behind HTTP, killed where it hurts. */

const main = fileURLToPath(new URL('../../cli/src/main.ts', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'goldpan-watch-killed-'))
const world = smallWorld({
  hours: 3.5,
  globalNetworks: 2,
  events: [
    { kind: 'polarization', network: 0, site: 'iad', startHour: 1.25, endHour: 2.25 },
    { kind: 'polarization', network: 1, site: 'sin', startHour: 1.6 },
  ],
})
const { service } = world

let warehouse: EmbeddedWarehouse
let port: number
let expected: readonly Finding[]

beforeAll(async () => {
  await writeWorld(world, { folder, packets: true })
  warehouse = (await fillWarehouse(world, folder)) as EmbeddedWarehouse
  expected = (await analyzeWarehouse({ warehouse, service })).findings
  port = await warehouse.serve(0)
})
beforeEach(async () => {
  for (const table of ['findings', 'finding_events', 'analyzer_states']) {
    await warehouse.command(`TRUNCATE TABLE ${table}`)
  }
})
afterAll(async () => {
  await warehouse.close()
  rmSync(folder, { recursive: true })
})

interface Watcher {
  readonly process: OwnProcess
  readonly proxy: FaultProxy
}

/** A watcher that decides ten minutes a round, and a proxy of its own in front of the warehouse. */
async function startWatcher(): Promise<Watcher> {
  const proxy = await startFaultProxy({ host: '127.0.0.1', port })
  const url = `http://default@127.0.0.1:${proxy.port}`
  const words = ['watch', '--warehouse', url, '--service', service, '--until-caught-up']
  const settings = { GOLDPAN_WATCH_CATCH_UP: '10', GOLDPAN_LOG_LEVEL: 'warn' }
  const shell = ['env', ...Object.entries(settings).map((pair) => pair.join('='))]
  const program = [...shell, process.execPath, main, ...words]
  return { process: startProcess(program[0]!, program.slice(1)), proxy }
}

/** Starts a watcher and kills it when its next request of a kind hangs, done or not. */
async function killAt(fault: Fault, query: RegExp): Promise<void> {
  const { process, proxy } = await startWatcher()
  proxy.plan([fault], (text) => query.test(text))
  for (let waited = 0; proxy.happened.length === 0; waited += 10) {
    if (waited > 15_000) throw new Error(`no ${query} came: ${process.output()}`)
    await delay(10)
  }
  // What hangs behind its effect has it when the proxy got the answer.
  if (fault === 'hang-after') await delay(100)
  await process.stop('SIGKILL')
  await proxy.close()
}

async function finish({ process, proxy }: Watcher): Promise<void> {
  expect(await process.finished(20_000), process.output()).toBe(0)
  await proxy.close()
}

const gist = (findings: readonly Finding[]) =>
  findings.map(({ id, incident, opened, onset, resolved, state }) => {
    return { id, incident, opened, onset, resolved, state }
  })

/** Nothing was lost, doubled or opened again, on the way and in the end. */
async function expectNothingWrong(): Promise<void> {
  expect(gist(await readFindings(warehouse, { service }))).toEqual(gist(expected))
  const events = await warehouse.query<{ id: string; states: string[] }>(
    `SELECT id, arrayCompact(groupArray(toString(state))) AS states
     FROM (SELECT id, version, state FROM finding_events FINAL ORDER BY id, version)
     GROUP BY id ORDER BY id`,
  )
  const wanted = expected.map(({ id, state }) => ({
    id,
    states: state === 'open' ? ['open'] : ['open', state],
  }))
  expect(events).toEqual(wanted.sort((left, right) => left.id.localeCompare(right.id)))
  const doubled = await warehouse.query(
    'SELECT id, version FROM findings GROUP BY id, version HAVING uniqExact(finding) > 1',
  )
  expect(doubled).toEqual([])
}

describe('goldpan watch', () => {
  it('has what to lose: findings that open, and one that is over', () => {
    expect(expected.map(({ state }) => state)).toEqual(expect.arrayContaining(['open', 'resolved']))
  })

  it('loses, doubles and opens again nothing where it is killed within rounds', async () => {
    await killAt('hang', /rtt_us\s+FROM handshakes/)
    await killAt('hang', /INSERT INTO analyzer_states/)
    await killAt('hang-after', /INSERT INTO analyzer_states/)
    for (const fault of ['hang', 'hang-after', 'hang', 'hang-after'] as const) {
      await killAt(fault, /INSERT INTO findings/)
    }
    await finish(await startWatcher())
    await expectNothingWrong()
  })

  it('decides each minute once beside another one, of which one is killed', async () => {
    const left = await startWatcher()
    const right = await startWatcher()
    await killAt('hang-after', /INSERT INTO findings/)
    await Promise.all([finish(left), finish(right)])
    await finish(await startWatcher())
    await expectNothingWrong()
    const states = await warehouse.query(
      'SELECT minute FROM analyzer_states GROUP BY minute, digest',
    )
    expect(new Set(states.map((row) => JSON.stringify(row))).size).toBe(states.length)
  })
})

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { analyzeWarehouse, createStateStore, Watch } from '@goldpan/anycast-analyzer'
import type { Finding } from '@goldpan/core'
import { writeWorld } from '@goldpan/simulator'
import { readFindings, type Warehouse } from '@goldpan/warehouse'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { fillWarehouse } from './filled-warehouse.ts'
import { smallWorld } from './small-world.ts'

const folder = mkdtempSync(join(tmpdir(), 'goldpan-watch-'))
const world = smallWorld({
  hours: 3,
  globalNetworks: 2,
  events: [{ kind: 'polarization', network: 0, site: 'iad', startHour: 1.25 }],
})
const { service } = world

let warehouse: Warehouse
let expected: readonly Finding[]

beforeAll(async () => {
  await writeWorld(world, { folder, packets: true })
  warehouse = await fillWarehouse(world, folder)
  expected = (await analyzeWarehouse({ warehouse, service })).findings
})
beforeEach(async () => {
  await warehouse.command('TRUNCATE TABLE findings')
  await warehouse.command('TRUNCATE TABLE analyzer_states')
})
afterAll(async () => {
  await warehouse.close()
  rmSync(folder, { recursive: true })
})

const storeOf = (watcher: string) => createStateStore({ warehouse, service, watcher })
const watchWith = (watcher: string, minutesPerState?: number) =>
  new Watch({
    warehouse,
    service,
    store: storeOf(watcher),
    sites: async () => [],
    ...(minutesPerState ? { minutesPerState } : {}),
  })

async function roundOf(watch: Watch) {
  const round = await watch.round()
  if (!round.ok) throw new Error(round.error)
  return round.value
}

/** What says when and of whom a finding spoke; numbers may be measured at another minute. */
const gist = (findings: readonly Finding[]) =>
  findings.map(({ id, opened, onset, state, site_to }) => ({ id, opened, onset, state, site_to }))

describe('watch', () => {
  it('finds what analyze finds, to the letter', async () => {
    const round = await roundOf(watchWith('one'))
    expect(round).toMatchObject({
      ended: true,
      superseded: false,
      lateRows: 0,
      minutesDecided: 180,
    })
    expect(expected.length).toBeGreaterThan(0)
    expect(await readFindings(warehouse, { service })).toEqual(expected)
  })

  it('goes on after each restart as if there had been none', async () => {
    let ended = false
    for (let rounds = 0; !ended && rounds < 30; rounds++) {
      ended = (await roundOf(watchWith('again', 13))).ended
    }
    expect(ended).toBe(true)
    expect(gist(await readFindings(warehouse, { service }))).toEqual(gist(expected))
  })

  it('decides each minute once where two of them watch', async () => {
    const watchers = [watchWith('left', 20), watchWith('right', 20)]
    let ended = false
    for (let rounds = 0; !ended && rounds < 30; rounds++) {
      const both = await Promise.all(watchers.map(roundOf))
      ended = both.every((round) => round.ended)
    }
    expect(ended).toBe(true)
    expect(gist(await readFindings(warehouse, { service }))).toEqual(gist(expected))
    const states = await warehouse.query(
      'SELECT minute FROM analyzer_states GROUP BY minute, digest',
    )
    expect(new Set(states.map((row) => JSON.stringify(row))).size).toBe(states.length)
  })

  it('tells what a watcher that was killed behind its state had not told', async () => {
    const silent = { ...storeOf('killed'), tell: () => Promise.reject(new Error('killed')) }
    const killed = new Watch({ warehouse, service, store: silent, sites: async () => [] })
    await expect(killed.round()).rejects.toThrow('killed')
    expect(await readFindings(warehouse, { service })).toEqual([])
    await roundOf(watchWith('next'))
    expect(await readFindings(warehouse, { service })).toEqual(expected)
  })

  it('counts rows that come after their minute was decided, once', async () => {
    const watch = watchWith('late')
    await roundOf(watch)
    await warehouse.command(
      `INSERT INTO handshakes SELECT * FROM handshakes
       WHERE excluded = ''
         AND time >= (SELECT max(time) - INTERVAL 5 MINUTE FROM handshakes) LIMIT 10`,
    )
    expect((await roundOf(watch)).lateRows).toBe(10)
    expect((await roundOf(watch)).lateRows).toBe(0)
  })

  /** The world under another service's name, its prefixes known from an hour on only. */
  const copyWorld = async (name: string, knownFromHour: number): Promise<void> => {
    const known = `time >= (SELECT min(time) FROM handshakes WHERE service = '${service}') +
      INTERVAL ${knownFromHour * 3600} SECOND`
    await warehouse.command(
      `INSERT INTO handshakes
       SELECT * REPLACE ('${name}' AS service, if(${known}, asn, NULL) AS asn,
         if(${known}, country, NULL) AS country)
       FROM handshakes WHERE handshakes.service = '${service}'`,
    )
    for (const table of ['traffic', 'sensor_status']) {
      await warehouse.command(
        `INSERT INTO ${table} SELECT * REPLACE ('${name}' AS service) FROM ${table}
         WHERE ${table}.service = '${service}'`,
      )
    }
  }
  const watchTo = async (name: string) => {
    for (let rounds = 0; rounds < 30; rounds++) {
      const store = createStateStore({ warehouse, service: name, watcher: 'known' })
      const options = { warehouse, service: name, store, sites: async () => [] }
      const round = await roundOf(new Watch({ ...options, minutesPerState: 37 }))
      if (round.ended) return round
    }
    throw new Error('it does not end')
  }

  it('finds nothing where neither network nor country is known, and counts it', async () => {
    await copyWorld('blind.example', 99)
    const { knownNetworks, open } = await watchTo('blind.example')
    expect(open).toEqual([])
    expect(knownNetworks).toMatchObject({ networkAndCountry: 0, networkAlone: 0, countryAlone: 0 })
    expect(knownNetworks.neither).toBeGreaterThan(50)
  })

  it('learns networks that the rows tell later, across restarts', async () => {
    await copyWorld('late.example', 0.75)
    const { knownNetworks } = await watchTo('late.example')
    expect(knownNetworks.neither).toBeLessThan(knownNetworks.networkAndCountry / 10)
    const found = await readFindings(warehouse, { service: 'late.example' })
    expect(found.map(({ kind, onset }) => [kind, onset])).toEqual(
      expected.map(({ kind, onset }) => [kind, onset]),
    )
  })
})

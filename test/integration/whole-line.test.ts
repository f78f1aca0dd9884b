import { spawnSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Finding } from '@goldpan/core'
import { writeWorld } from '@goldpan/simulator'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { missingBroker } from '../broker/broker-jars.ts'
import { sharedBroker } from '../broker/shared-broker.ts'
import { type OwnProcess, startProcess } from './own-process.ts'
import { smallWorld } from './small-world.ts'

const missing = missingBroker()
const main = fileURLToPath(new URL('../../cli/src/main.ts', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'goldpan-whole-line-'))
const world = smallWorld({
  service: `line-${randomUUID()}`,
  hours: 2,
  globalNetworks: 2,
  events: [{ kind: 'polarization', network: 0, site: 'iad', startHour: 1.25 }],
})
const places = ['--sites', join(folder, 'sites.csv'), '--networks', join(folder, 'networks.csv')]
const captured = join(folder, 'captured')
const alone = join(folder, 'alone')
const env = {
  ...process.env,
  GOLDPAN_HTTP_ESTIMATE_LISTEN: 'off',
  GOLDPAN_HTTP_CAPTURE_LISTEN: 'off',
}

function goldpan(...words: string[]) {
  const child = spawnSync(process.execPath, [main, ...words], { encoding: 'utf8', env })
  return { code: child.status, out: child.stdout, err: child.stderr }
}

/** Rows of every table of this world's service. */
const rowsIn = (warehouse: string): string => {
  const rowsOf = (table: string) =>
    `(select count() from ${table} where service = '${world.service}')`
  const sql = `select ${['handshakes', 'traffic', 'sensor_status'].map(rowsOf).join()}`
  return goldpan('sql', sql, '--warehouse', warehouse, '--format', 'CSV').out
}

const findingsIn = (warehouse: string): Finding[] => {
  const { out } = goldpan('findings', '--format', 'json', '--warehouse', warehouse)
  return (JSON.parse(out) as Finding[]).filter(({ service }) => service === world.service)
}

describe.skipIf(missing)(`sensors, broker, estimator, warehouse, watch ${missing ?? ''}`, () => {
  let estimator: OwnProcess

  beforeAll(async () => {
    await writeWorld(world, { folder, packets: true })
    const inputs = world.sites.map((site) => `${site}=${join(folder, `${site}.pcap`)}`)
    const { service } = world
    const analyzed = goldpan(
      'analyze',
      ...inputs,
      '--service',
      service,
      ...places,
      '--warehouse',
      alone,
    )
    if (analyzed.code !== 0) throw new Error(analyzed.err)
    const bus = `kafka://${(await sharedBroker()).plain}`
    const from = ['--from', bus, '--group', randomUUID(), '--warehouse', captured]
    Object.assign(process.env, env)
    estimator = startProcess(process.execPath, [main, 'estimate', ...from, ...places])
    for (const site of world.sites) {
      const what = ['-r', join(folder, `${site}.pcap`), '--service', service, '--site', site]
      const sent = goldpan('capture', ...what, '--sensor', `${site}-1`, '--to', bus)
      if (sent.code !== 0) throw new Error(sent.err)
    }
  }, 120_000)
  afterAll(async () => {
    await estimator?.stop('SIGTERM')
    rmSync(folder, { recursive: true, force: true })
  })

  it('bring every row of the captures into the warehouse', async () => {
    const wanted = rowsIn(alone)
    let got = rowsIn(captured)
    for (let tries = 0; got !== wanted && tries < 60; tries++) {
      await sleep(500)
      got = rowsIn(captured)
    }
    expect(got).toBe(wanted)
  })

  it('find what analyze finds in the same captures', () => {
    const watched = goldpan('watch', '--until-caught-up', '--warehouse', captured)
    expect(watched.code, watched.err).toBe(0)
    const expected = findingsIn(alone)
    expect(expected.length).toBeGreaterThan(0)
    expect(findingsIn(captured)).toEqual(expected)
  })
})

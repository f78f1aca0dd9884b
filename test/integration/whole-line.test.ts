import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { missingBroker } from '../broker/broker-jars.ts'
import { sharedBroker } from '../broker/shared-broker.ts'
import { type DemoLine, demoWorld, runDemoLine } from './demo-line.ts'

const missing = missingBroker()
const folder = mkdtempSync(join(tmpdir(), 'goldpan-whole-line-'))

/**
 * The sites, networks, events and nuisances of `goldpan demo`, its day cut to what they need.
 * bench/whole-line.ts runs the whole day.
 */
const world = {
  ...demoWorld(`line-${randomUUID()}`),
  hours: 4.5,
  events: demoWorld().events.map((event, index) => ({ ...event, startHour: [2, 3.25][index]! })),
  nuisances: demoWorld().nuisances.map((nuisance, index) => {
    return { ...nuisance, startHour: [3, 4][index]!, hours: 0.2 }
  }),
}

describe.skipIf(missing)(`the demo’s world through the whole line ${missing ?? ''}`, () => {
  let demo: DemoLine
  beforeAll(async () => {
    const broker = (await sharedBroker()).plain
    demo = await runDemoLine({ world, folder, broker, group: randomUUID(), estimators: 2 })
  }, 180_000)
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  it('brings every row of the captures into the warehouse, by two estimators', () => {
    expect(demo.line.rows).toBe(demo.alone.rows)
    expect(Math.min(...demo.partitions)).toBeGreaterThan(0)
  })

  it('finds what analyze finds in the same captures: polarization and detour', () => {
    expect(demo.line.findings).toEqual(demo.alone.findings)
    const kinds = demo.line.findings.map(({ kind, ip_version, site_to }) => {
      return `${kind} IPv${ip_version} at ${site_to}`
    })
    expect(kinds.sort()).toEqual([
      ...['detour_by_site IPv4 at iad', 'detour_by_site IPv6 at iad'],
      ...['polarization IPv4 at iad', 'polarization IPv6 at iad'],
    ])
  })
})

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { analyzeWarehouse, createStateStore, Watch } from '@goldpan/anycast-analyzer'
import type { Finding } from '@goldpan/core'
import { formatWarehouseTime, type Warehouse } from '@goldpan/warehouse'
import { openEmbeddedWarehouse } from '@goldpan/warehouse-embedded'
import { afterAll, beforeAll, expect, it } from 'vitest'

/** One packet of 1970 beside hours of 2026: a clock that was not set yet. */

const folder = mkdtempSync(join(tmpdir(), 'goldpan-sparse-'))
const service = 'ns1.example'
const start = Date.UTC(2026, 0, 1) / 60_000
const hours = 3
const onset = start + 90
let warehouse: Warehouse

beforeAll(async () => {
  const opened = await openEmbeddedWarehouse({ folder })
  if (!opened.ok) throw new Error(opened.error.message)
  warehouse = opened.value
  await warehouse.insertRows('handshakes', [handshake(0, 0), ...livelyMinutes()], 'handshakes')
  const last = (start + hours * 60) * 60e6
  const ended = { time: formatWarehouseTime(last), final: true, packets: 1, bytes: 1, version: '' }
  const sensors = ['ams', 'syd'].map((site) => ({
    ...{ service, site, sensor: site, handshakes: 1, counters: {}, pending: 0, ...ended },
  }))
  await warehouse.insertRows('sensor_status', sensors, 'sensors')
})
afterAll(async () => {
  await warehouse?.close()
  rmSync(folder, { recursive: true })
})

/** Six clients of one network move from ams to syd; those of three others stay, one at syd. */
function livelyMinutes(): object[] {
  return Array.from({ length: hours * 60 }, (_, minute) =>
    Array.from({ length: 24 }, (_, client) => handshake(start + minute, client)),
  ).flat()
}

function handshake(minute: number, client: number): object {
  const moved = client < 6 && minute >= onset
  const site = moved || client >= 18 ? 'syd' : 'ams'
  return {
    ...{ service, site, sensor: site },
    time: formatWarehouseTime(minute * 60e6 + client * 1e6 + 1),
    ...{ prefix: `::ffff:10.0.${client}.0`, ip_version: 4, server: '::ffff:192.0.2.53' },
    ...{ server_port: 53, rtt_us: moved ? 270_000 + client : 8000 + client, flags: 0 },
    ...{ synack_retransmissions: 0, method: 'handshake', excluded: '' },
    ...{ asn: 100 + Math.floor(client / 6), country: client < 18 ? 'NL' : 'AU' },
  }
}

const gist = (findings: readonly Finding[]) =>
  findings.map(({ id, kind, opened, onset: since, site_to }) => ({
    ...{ id, kind, opened, since, site_to },
  }))

it('is analyzed by the minutes that have rows, and its findings are found', async () => {
  let steps = 0
  const analysis = await analyzeWarehouse({ warehouse, service, onProgress: () => steps++ })
  expect(analysis.minutesDecided).toBe(start + hours * 60)
  expect(steps).toBe(hours * 60 + 1)
  expect(analysis.findings.map(({ kind, onset: since }) => [kind, since])).toEqual([
    ['detour_by_site', new Date(onset * 60_000).toISOString().replace('Z', '000Z')],
  ])
})

it('keeps count of the last hour also where nobody was seen in it', async () => {
  const store = createStateStore({ warehouse, service, watcher: 'first' })
  const day = new Watch({ warehouse, service, store, sites: async () => [] })
  expect(await day.round()).toMatchObject({ ok: true, value: { minute: 1439 } })
  const first = await store.load()
  const lastHour = Array.from({ length: 60 }, (_, minute) => [1380 + minute, 0])
  expect(first.ok && [...first.value!.memory.decidedRows]).toEqual(lastHour)
  expect(await day.round()).toMatchObject({ ok: true, value: { minute: start - 1 } })
  await warehouse.command('TRUNCATE TABLE analyzer_states')
})

it('is watched in a few states, with the same findings', async () => {
  const { findings } = await analyzeWarehouse({ warehouse, service })
  const store = createStateStore({ warehouse, service, watcher: 'one' })
  const watch = new Watch({ warehouse, service, store, sites: async () => [] })
  let ended = false
  let minutes = 0
  const open: Finding[] = []
  for (let rounds = 0; !ended && rounds < 5; rounds++) {
    const round = await watch.round()
    if (!round.ok) throw new Error(round.error)
    ended = round.value.ended
    minutes += round.value.minutesDecided
    open.splice(0, open.length, ...round.value.open)
  }
  expect(ended).toBe(true)
  expect(minutes).toBe(start + hours * 60)
  expect(gist(open)).toEqual(gist(findings))
})

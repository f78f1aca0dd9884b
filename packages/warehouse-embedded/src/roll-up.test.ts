import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { applyRetention, defaultRetention, parseRetention, rollUp } from '@goldpan/warehouse'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type EmbeddedWarehouse, openEmbeddedWarehouse } from './embedded-warehouse.ts'

const folder = mkdtempSync(join(tmpdir(), 'goldpan-roll-up-'))
let warehouse: EmbeddedWarehouse
let inserted = 0

beforeAll(async () => {
  const opened = await openEmbeddedWarehouse({ folder })
  if (!opened.ok) throw new Error(opened.error.message)
  warehouse = opened.value
})

afterAll(async () => {
  await warehouse.close()
  rmSync(folder, { recursive: true })
})

/** Handshakes at times such as `2026-01-01 10:30`, over sites, prefixes and ASes. */
async function insert(times: readonly string[]): Promise<void> {
  const rows = times.flatMap((time) =>
    [0, 1, 2, 3, 4, 5].map((number) => ({
      ...{
        service: 'ns1',
        site: number % 2 ? 'ams' : 'syd',
        sensor: 's',
        time: `${time}:00.00000${number}`,
      },
      ...{ prefix: `::ffff:192.0.${number % 3}.0`, ip_version: 4, server: '::1', server_port: 53 },
      ...{ rtt_us: 10_000 * (number + 1), synack_retransmissions: 0, flags: 0 },
      ...{ method: 'handshake', asn: 64_500 + (number % 3), country: 'NL', excluded: '' },
    })),
  )
  await warehouse.insertRows('handshakes', rows, `roll-up/${inserted++}`)
}

/** Hours and days as they must be, from the raw rows, and as they are. */
async function compare(): Promise<{ wanted: unknown; found: unknown }> {
  const level = (name: string, keys: string, start: string) => ({
    wanted: `SELECT ${keys}, toUnixTimestamp(${start}(toDateTime(handshakes.time, 'UTC'))) AS start,
             toUInt32(count()) AS n, toUInt32(sum(floor(32 * log2(rtt_us + 1)))) AS buckets
             FROM handshakes WHERE excluded = '' GROUP BY ${keys}, start ORDER BY ${keys}, start`,
    found: `SELECT ${keys}, toUnixTimestamp(time) AS start, toUInt32(handshakes) AS n,
            toUInt32(arraySum(arrayMap((bucket, count) -> bucket * count,
              mapKeys(rtt_buckets), mapValues(rtt_buckets)))) AS buckets
            FROM ${name} ORDER BY ${keys}, start`,
  })
  const site = 'service, site, ip_version'
  const levels = [
    level('rtt_by_site_1h', site, 'toStartOfHour'),
    level('rtt_by_as_1h', `${site}, asn, country`, 'toStartOfHour'),
    level('rtt_by_prefix_1h', `${site}, prefix, asn, country`, 'toStartOfHour'),
    level('rtt_by_site_1d', site, 'toStartOfDay'),
    level('rtt_by_as_1d', `${site}, asn, country`, 'toStartOfDay'),
  ]
  const ask = (sql: readonly string[]) => Promise.all(sql.map((text) => warehouse.query(text)))
  return {
    wanted: await ask(levels.map(({ wanted }) => wanted)),
    found: await ask(levels.map(({ found }) => found)),
  }
}

const seconds = (time: string): number => Date.parse(`${time}Z`) / 1000

describe('rollUp', () => {
  it('computes hours and days that ended from their minutes', async () => {
    await insert(
      ['2026-01-01T10:30', '2026-01-01T10:59', '2026-01-01T11:00', '2026-01-02T00:00'].map((time) =>
        time.replace('T', ' '),
      ),
    )
    const untilMicros = seconds('2026-01-01T12:30:00') * 1e6
    expect(await rollUp(warehouse, { untilMicros })).toEqual({
      hours: [seconds('2026-01-01T10:00:00'), seconds('2026-01-01T11:00:00')],
      days: [],
    })
    expect(await rollUp(warehouse)).toEqual({
      hours: [seconds('2026-01-02T00:00:00')],
      days: [seconds('2026-01-01T00:00:00'), seconds('2026-01-02T00:00:00')],
    })
    const { wanted, found } = await compare()
    expect(found).toEqual(wanted)
  })

  it('computes again what late rows changed, and only that', async () => {
    await insert(['2026-01-01 10:01'])
    expect(await rollUp(warehouse)).toEqual({
      hours: [seconds('2026-01-01T10:00:00')],
      days: [seconds('2026-01-01T00:00:00')],
    })
    expect(await rollUp(warehouse)).toEqual({ hours: [], days: [] })
    const { wanted, found } = await compare()
    expect(found).toEqual(wanted)
  })

  it('changes nothing when several do it at once', async () => {
    await insert(['2026-01-01 10:02', '2026-01-02 05:00'])
    await Promise.all([rollUp(warehouse), rollUp(warehouse), rollUp(warehouse)])
    await warehouse.command('OPTIMIZE TABLE rtt_by_site_1h_rows FINAL')
    const { wanted, found } = await compare()
    expect(found).toEqual(wanted)
  })

  it('keeps an hour whose minutes went by age', async () => {
    await warehouse.command(
      `ALTER TABLE rtt_by_site_1m DELETE WHERE time < '2026-01-01 10:59:00'
       SETTINGS mutations_sync = 2`,
    )
    expect(await rollUp(warehouse)).toEqual({ hours: [], days: [] })
    const { wanted, found } = await compare()
    expect(found).toEqual(wanted)
  })
})

describe('retention', () => {
  it('is read from one text', () => {
    expect(parseRetention('default')).toEqual({ ok: true, value: defaultRetention })
    expect(parseRetention('handshakes=7d,traffic=none')).toEqual({
      ok: true,
      value: { ...defaultRetention, handshakes: 7, traffic: undefined },
    })
    const none = parseRetention('none,handshakes=3d')
    expect(none.ok && Object.values(none.value).filter((days) => days !== undefined)).toEqual([3])
    for (const bad of ['handshakes=7', 'nothing=7d', '', 'handshakes=0d']) {
      expect(parseRetention(bad)).toMatchObject({ ok: false, error: { code: 'BAD_RETENTION' } })
    }
  })

  it('keeps old captures until it is asked for, then drops them by whole parts', async () => {
    const count = async (): Promise<number> => {
      await warehouse.command('OPTIMIZE TABLE handshakes FINAL')
      const [row] = await warehouse.query<{ n: number }>(
        'SELECT toUInt32(count()) AS n FROM handshakes',
      )
      return row!.n
    }
    await insert(['2001-01-01 00:00'])
    const before = await count()
    expect(before).toBeGreaterThan(6)
    const [now] = await warehouse.query<{ days: number }>(
      "SELECT toUInt32(dateDiff('day', toDate('2001-01-01'), today())) AS days",
    )
    const retention = { ...defaultRetention, handshakes: now!.days - 1000 }
    expect(await applyRetention(warehouse, retention)).toContain('handshakes')
    expect(await applyRetention(warehouse, retention)).toEqual([])
    expect(await count()).toBe(before - 6)
    const none = parseRetention('none')
    expect(none.ok && (await applyRetention(warehouse, none.value))).toContain('handshakes')
    await insert(['2001-01-01 00:00'])
    expect(await count()).toBe(before)
  })
})

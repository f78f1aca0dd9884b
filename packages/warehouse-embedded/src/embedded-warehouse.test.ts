import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createHandshakeBatch, rttBucket } from '@goldpan/core'
import { migrate, readMigrations, type Warehouse } from '@goldpan/warehouse'
import { encodeMessage, handshakeColumns } from '@goldpan/wire'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openEmbeddedWarehouse } from './embedded-warehouse.ts'

const folder = mkdtempSync(join(tmpdir(), 'goldpan-warehouse-'))
let warehouse: Warehouse

beforeAll(async () => {
  const opened = await openEmbeddedWarehouse({ folder })
  if (!opened.ok) throw new Error(opened.error.message)
  warehouse = opened.value
})

afterAll(async () => {
  await warehouse.close()
  rmSync(folder, { recursive: true })
})

const rtts = [0, 1, 2, 31, 999, 1000, 20_000, 123_456, 9_999_999, 10_000_000]

function handshakes(): { columns: string[]; arrow: Uint8Array } {
  const batch = createHandshakeBatch(rtts.length)
  batch.length = rtts.length
  batch.links = ['other', '7/02:00:00:00:00:01']
  for (const [row, rtt] of rtts.entries()) {
    batch.timeMicros[row] = 1_767_225_600e6 + row
    batch.rttMicros[row] = rtt
    batch.prefix.set([0x20, 0x01, 0x0d, 0xb8, 0, row], row * 16)
    batch.ingress[row] = 1
    batch.present[row] = row % 2 === 0 ? 31 : 0
  }
  const columns = handshakeColumns(batch)
  return {
    columns: columns.map(({ name }) => name),
    arrow: encodeMessage('', undefined, columns, batch.length),
  }
}

describe('the embedded warehouse', () => {
  it('keeps times, addresses, dictionaries and absent values of an Arrow block', async () => {
    const { columns, arrow } = handshakes()
    await warehouse.insertArrow('handshakes', columns, arrow, 'first')
    const rows = await warehouse.query(
      'SELECT toString(time) AS time, toString(prefix) AS prefix, rtt_us, hops, ingress ' +
        'FROM handshakes ORDER BY rtt_us LIMIT 2',
    )
    expect(rows).toEqual([
      {
        time: '2026-01-01 00:00:00.000000',
        prefix: '2001:db8::',
        rtt_us: 0,
        hops: 0,
        ingress: '7/02:00:00:00:00:01',
      },
      {
        time: '2026-01-01 00:00:00.000001',
        prefix: '2001:db8:1::',
        rtt_us: 1,
        hops: null,
        ingress: null,
      },
    ])
  })

  it('takes the same token once, in the table and in every rollup', async () => {
    const { columns, arrow } = handshakes()
    const count = async (): Promise<number[]> => {
      const [row] = await warehouse.query<Record<string, string>>(
        `SELECT (SELECT count() FROM handshakes) AS raw,
                (SELECT sum(handshakes) FROM rtt_by_site_1m) AS sites,
                (SELECT sum(handshakes) FROM rtt_by_as_1m) AS networks`,
      )
      return ['raw', 'sites', 'networks'].map((name) => Number(row![name]))
    }
    const before = await count()
    await warehouse.insertArrow('handshakes', columns, arrow, 'again')
    await warehouse.insertArrow('handshakes', columns, arrow, 'again')
    expect(await count()).toEqual(before.map((rows) => rows + rtts.length))
  })

  it('has the buckets of the TypeScript histogram in its rollups', async () => {
    const rows = await warehouse.query<{ bucket: number }>(
      'SELECT DISTINCT arrayJoin(mapKeys(rtt_buckets)) AS bucket ' +
        'FROM rtt_by_site_1m ORDER BY bucket',
    )
    const wanted = [...new Set(rtts.map(rttBucket))].sort((a, b) => a - b)
    expect(rows.map(({ bucket }) => bucket)).toEqual(wanted)
  })

  it('binds parameters: quotes in them are data', async () => {
    const text = "x' OR '1'='1"
    expect(await warehouse.query('SELECT {text:String} AS text', { text })).toEqual([{ text }])
  })

  it('is migrated once: a second time there is nothing to do', async () => {
    expect(await migrate(warehouse)).toEqual({ ok: true, value: [] })
  })

  it('refuses to work on what a newer program migrated', async () => {
    const older = readMigrations().slice(0, -1)
    expect(await migrate(warehouse, older)).toMatchObject({
      ok: false,
      error: { code: 'NEWER_WAREHOUSE' },
    })
  })

  it('leaves no block behind in its incoming folder', () => {
    expect(readdirSync(join(folder, 'incoming'))).toEqual([])
  })

  it('tells a second process who holds it', () => {
    const script = `
      const { openEmbeddedWarehouse } = await import('@goldpan/warehouse-embedded')
      const opened = await openEmbeddedWarehouse({ folder: process.argv[1] })
      process.stdout.write(opened.ok ? 'opened' : opened.error.message)`
    const child = spawnSync(process.execPath, ['--input-type=module', '-e', script, folder], {
      encoding: 'utf8',
    })
    expect(child.stdout).toBe(
      `the warehouse ${folder} is in use by process ${process.pid}: ` +
        'wait until it ends, or name another folder with --warehouse',
    )
  })

  it('records its holder with the start time, so that a reused pid is no holder', () => {
    expect(readFileSync(join(folder, 'goldpan.pid'), 'utf8')).toMatch(/^\d+ \d+\n$/)
  })

  it('says in one sentence that a folder cannot be used', async () => {
    const file = join(folder, 'a-file')
    writeFileSync(file, '')
    const opened = await openEmbeddedWarehouse({ folder: file })
    expect(opened).toMatchObject({ ok: false, error: { code: 'UNUSABLE_FOLDER' } })
  })
})

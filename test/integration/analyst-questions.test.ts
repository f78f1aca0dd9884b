import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { analyzeWarehouse } from '@goldpan/anycast-analyzer'
import type { Finding } from '@goldpan/core'
import { writeWorld } from '@goldpan/simulator'
import type { Warehouse } from '@goldpan/warehouse'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { answers, readTrueRows, type TrueRows } from './analyst-answers.ts'
import { fillWarehouse } from './filled-warehouse.ts'
import { smallWorld } from './small-world.ts'

const questions = fileURLToPath(new URL('../../docs/analyst/questions/', import.meta.url))
const names = readdirSync(questions).map((file) => file.replace('.sql', ''))
const sqlOf = (name: string): string => readFileSync(join(questions, `${name}.sql`), 'utf8')

const folder = mkdtempSync(join(tmpdir(), 'goldpan-analyst-'))
const world = smallWorld({
  hours: 2,
  globalNetworks: 2,
  events: [{ kind: 'polarization', network: 0, site: 'iad', startHour: 0.25 }],
})
let warehouse: Warehouse
let truth: TrueRows
let findings: readonly Finding[]

beforeAll(async () => {
  await writeWorld(world, { folder, packets: true })
  warehouse = await fillWarehouse(world, folder)
  findings = (await analyzeWarehouse({ warehouse, service: world.service })).findings
  truth = readTrueRows(world)
})
afterAll(async () => {
  await warehouse.close()
  rmSync(folder, { recursive: true })
})

type Row = Readonly<Record<string, unknown>>

/** Numbers to nine digits: shares are sums of many terms in another order. */
const rounded = (rows: readonly Row[]): Row[] =>
  rows.map((row) =>
    Object.fromEntries(
      Object.entries(row).map(([name, value]) => [
        name,
        typeof value === 'number' ? Number(value.toPrecision(9)) : numberOf(value),
      ]),
    ),
  )

/** 64-bit integers come as text. */
const numberOf = (value: unknown): unknown =>
  typeof value === 'string' && /^-?\d+$/.test(value) ? Number(value) : value

describe('the twenty questions of an analyst', () => {
  it('are twenty, each with a question', () => {
    expect(names).toHaveLength(20)
    for (const name of names) expect(sqlOf(name)).toMatch(/^-- [A-Z][^?]*\?/)
  })

  it.each(names.filter((name) => name !== '19-open-findings'))('%s', async (name) => {
    const expected = rounded(answers[name]!(truth))
    const columns = Object.keys(expected[0] ?? {})
    const rows = rounded(await warehouse.query<Row>(sqlOf(name))).map((row) =>
      Object.fromEntries(columns.map((column) => [column, row[column]])),
    )
    if (name !== '11-who-uses-no-tcp') expect(expected.length).toBeGreaterThan(0)
    expect(rows).toEqual(expected)
  })

  it('11-who-uses-no-tcp, where some use none', async () => {
    const prefixes = new Set(truth.traffic.map(({ prefix }) => prefix))
    const silent = [...prefixes].filter((_, index) => index % 3 === 0)
    await warehouse.command(
      `ALTER TABLE traffic UPDATE tcp_queries = 0
       WHERE has({silent:Array(String)}, toString(prefix)) SETTINGS mutations_sync = 1`,
      { silent },
    )
    const traffic = truth.traffic.map((row) =>
      silent.includes(row.prefix) ? { ...row, tcp: 0 } : row,
    )
    const expected = rounded(answers['11-who-uses-no-tcp']!({ ...truth, traffic }))
    expect(expected).toHaveLength(10)
    expect(rounded(await warehouse.query<Row>(sqlOf('11-who-uses-no-tcp')))).toEqual(expected)
  })

  it('19-open-findings', async () => {
    const rows = await warehouse.query<Row>(sqlOf('19-open-findings'))
    expect(findings.length).toBeGreaterThan(0)
    expect(rows).toEqual(
      findings.map(({ severity, kind, lost_time, sentence }) => ({
        ...{ severity, kind, sentence },
        lost_ms_per_second: Math.round(lost_time),
      })),
    )
  })
})

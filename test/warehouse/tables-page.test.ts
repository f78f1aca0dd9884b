import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openEmbeddedWarehouse } from '@goldpan/warehouse-embedded'
import { expect, it } from 'vitest'
import { formatTablesPage } from '../../scripts/generate/tables-page.ts'

it('names every table, view and dictionary of a warehouse, and each of their columns', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'goldpan-tables-'))
  const opened = await openEmbeddedWarehouse({ folder })
  if (!opened.ok) throw new Error(opened.error.message)
  const columns = await opened.value.query<{ of: string; column: string }>(
    `SELECT table AS of, name AS column FROM system.columns
     WHERE database = currentDatabase() AND NOT endsWith(table, '_feed')
       AND NOT endsWith(table, '_rows') AND table NOT LIKE '.inner%' AND table != 'migrations'`,
  )
  await opened.value.close()
  rmSync(folder, { recursive: true })
  expect(columns.length).toBeGreaterThan(100)
  const page = formatTablesPage()
  const sections = new Map(page.split('\n## ').map((text) => [text.split('\n')[0]!, text]))
  const missing = columns.filter(
    ({ of, column }) => !sections.get(of)?.includes(`\n| \`${column}\` |`),
  )
  expect(missing).toEqual([])
  const committed = new URL('../../docs/reference/tables.md', import.meta.url)
  expect(readFileSync(committed, 'utf8').trimEnd()).toBe(page.trimEnd())
})

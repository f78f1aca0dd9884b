/**
 * Writes the generated reference pages and what Grafana is provisioned with; CI fails when one
 * of them is not up to date.
 * Usage: node scripts/generate.ts
 */

import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { provisioningTree } from '../dashboards/src/index.ts'
import { parseWorld, writePlaces } from '../packages/simulator/src/index.ts'
import { formatAnalystPage } from './generate/analyst-page.ts'
import { formatCommandLinePage } from './generate/command-line-page.ts'
import { formatConfigurationPage } from './generate/configuration-page.ts'
import { formatErrorsPage } from './generate/errors-page.ts'
import { formatMetricsPage } from './generate/metrics-page.ts'
import { formatTablesPage } from './generate/tables-page.ts'
import { formatWorldPage } from './generate/world-page.ts'

const reference = fileURLToPath(new URL('../docs/reference', import.meta.url))

const pages: Readonly<Record<string, () => string | Promise<string>>> = {
  '../analyst/twenty-questions.md': formatAnalystPage,
  'command-line.md': formatCommandLinePage,
  'configuration.md': formatConfigurationPage,
  'errors.md': formatErrorsPage,
  'metrics.md': formatMetricsPage,
  'tables.md': formatTablesPage,
  'world.md': formatWorldPage,
}

for (const [name, format] of Object.entries(pages)) {
  writeFileSync(join(reference, name), await format())
}

const provisioning = fileURLToPath(new URL('../dashboards/provisioning', import.meta.url))
rmSync(provisioning, { recursive: true, force: true })
for (const [path, text] of provisioningTree()) {
  mkdirSync(dirname(join(provisioning, path)), { recursive: true })
  writeFileSync(join(provisioning, path), text)
}

const root = fileURLToPath(new URL('..', import.meta.url))
const live = parseWorld(readFileSync(join(root, 'packages/simulator/worlds/live.yaml'), 'utf8'))
if (!live.ok) throw new Error(live.error.message)
writePlaces(live.value, join(root, 'packaging/demo'))

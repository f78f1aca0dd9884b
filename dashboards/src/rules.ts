import type { AlertRule } from './alert-rule.ts'
import { analyzerLags } from './rules/analyzer-lags.ts'
import { deadLetters } from './rules/dead-letters.ts'
import { findingPageOpen } from './rules/finding-page-open.ts'
import { ingestLags } from './rules/ingest-lags.ts'
import { sensorSilent } from './rules/sensor-silent.ts'

/** Every alert rule: adding one is one file, one line here and one page in docs/noc. */
export const rules: readonly AlertRule[] = [
  findingPageOpen,
  sensorSilent,
  ingestLags,
  analyzerLags,
  deadLetters,
]

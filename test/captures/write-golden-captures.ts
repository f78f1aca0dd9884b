import { writeFileSync } from 'node:fs'
import { goldenCaptures } from './golden-captures.ts'
import { goldenCsv } from './golden-rows.ts'

// Writes the captures and the rows expected of them beside this script:
// node test/captures/write-golden-captures.ts
for (const { name, bytes, rows } of goldenCaptures) {
  writeFileSync(new URL(name, import.meta.url), bytes)
  const csv = name.replace(/\.pcap(?:ng)?$/, '.csv')
  writeFileSync(new URL(csv, import.meta.url), goldenCsv(rows))
}

/**
 * What `goldpan analyze` costs beside the extraction alone: extract, count traffic, enrich, insert,
 * detect and report one mixed file.
 *
 *     GOLDPAN_YARDSTICK=DIR node bench/analyze.ts [millions of packets, 40] [rounds, 1]
 */

import { execFileSync } from 'node:child_process'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { buildYardstick, measure, measureInTurn } from './yardstick.ts'

const [millions = '40', rounds = '1'] = process.argv.slice(2)
const goldpan = join(import.meta.dirname, '../goldpan')
const yardstick = buildYardstick()
try {
  const [file, truth, networks] = ['a.pcap', 'a.csv', 'networks.csv'].map((name) =>
    join(yardstick.folder, name),
  ) as [string, string, string]
  const warehouse = join(yardstick.folder, 'warehouse')
  execFileSync(yardstick.genpcap, [
    ...['-n', `${Number(millions) * 1e6}`],
    ...['-s', '4', '-o', file, '-g', truth],
  ])
  const rows = Array.from({ length: 223 }, (_, index) => `${index + 1}.0.0.0/8,${64_512 + index},N`)
  writeFileSync(networks, ['prefix,asn,name', ...rows, '2000::/3,65000,Six', ''].join('\n'))
  const costs = measureInTurn(
    {
      handshakes: () => measure([goldpan, 'handshakes', file], truth),
      analyze: () => {
        rmSync(warehouse, { recursive: true, force: true })
        const options = ['--service', 'ns1.example', '--networks', networks]
        return measure([goldpan, 'analyze', `ams=${file}`, ...options, '--warehouse', warehouse])
      },
    },
    Number(rounds),
  )
  for (const [name, { cpuSeconds, megabytes }] of Object.entries(costs)) {
    console.log(`${name}: ${cpuSeconds.toFixed(2)} CPU s, ${megabytes.toFixed(0)} MB`)
  }
  const ratio = costs.analyze.cpuSeconds / costs.handshakes.cpuSeconds
  console.log(`${millions} M packets, analyze takes ${ratio.toFixed(2)} × the extraction alone`)
} finally {
  yardstick.remove()
}

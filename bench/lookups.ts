import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readNetworkTable } from '@goldpan/estimator'
import { buildMmdb } from '../services/estimator/src/mmdb-sample.ts'
import { createRandom } from './rough-random.ts'

/**
 * Network lookups a second, by CPU time, in drawn tables as large as real ones.
 *
 *   node bench/lookups.ts [PREFIXES] [LOOKUPS]
 */

/** As many client prefixes as a busy service has. */
const clients = 2 ** 16

const [, , prefixText = '1000000', lookupText = '5000000'] = process.argv
const prefixes = Number(prefixText)
const lookups = Number(lookupText)
const random = createRandom(1)
const folder = mkdtempSync(join(tmpdir(), 'goldpan-lookups-'))

/** Four of five are IPv4 /24s and shorter, one of five an IPv6 /32 to /48. */
function drawPrefix(): string {
  if (random.below(5) === 0) {
    const bits = 32 + random.below(17)
    const group = (): string => random.below(65_536).toString(16)
    return `2${random.below(4096).toString(16).padStart(3, '0')}:${group()}:${group()}::/${bits}`
  }
  const bits = 16 + random.below(9)
  return `${1 + random.below(222)}.${random.below(256)}.${random.below(256)}.0/${bits}`
}

/** Client prefixes, IPv6 a third. */
function drawAddresses(count: number): Uint8Array {
  const bytes = new Uint8Array(count * 16)
  for (let index = 0; index < count; index++) {
    const at = index * 16
    const draw = (): number => random.below(256)
    if (random.below(3) === 0) bytes.set([0x20 + random.below(16), draw(), draw(), draw()], at)
    else bytes.set([0xff, 0xff, 1 + random.below(222), draw(), draw()], at + 10)
  }
  return bytes
}

function measure(name: string, file: string): void {
  const loading = process.cpuUsage()
  const table = readNetworkTable([file])
  if (!table.ok) throw new Error(table.error.message)
  const loaded = process.cpuUsage(loading)
  const addresses = drawAddresses(clients)
  const last = clients - 1
  let found = 0
  const run = (count: number): void => {
    for (let index = 0; index < count; index++) {
      if (table.value.lookup(addresses, (index & last) * 16) >= 0) found++
    }
  }
  run(2 * clients)
  found = 0
  const before = process.cpuUsage()
  run(lookups)
  const used = process.cpuUsage(before)
  const seconds = (used.user + used.system) / 1e6
  const loadSeconds = (loaded.user + loaded.system) / 1e6
  console.log({
    table: name,
    millionLookupsPerSecond: Number((lookups / seconds / 1e6).toFixed(1)),
    foundShare: Number((found / lookups).toFixed(2)),
    loadCpuSeconds: Number(loadSeconds.toFixed(1)),
  })
}

const asn = (): number => 1 + random.below(80_000)
const rows = Array.from({ length: prefixes }, () => drawPrefix())
const csv = join(folder, 'networks.csv')
writeFileSync(csv, `prefix,asn,country\n${rows.map((row) => `${row},${asn()},NL`).join('\n')}\n`)
measure(`CSV, ${prefixes} prefixes`, csv)
const pfx2as = join(folder, 'pfx2as')
writeFileSync(pfx2as, rows.map((row) => `${row.replace('/', '\t')}\t${asn()}\n`).join(''))
measure(`pfx2as, ${prefixes} prefixes`, pfx2as)
const mmdb = join(folder, 'asn.mmdb')
const some = rows.slice(0, prefixes / 2).toSorted((left, right) => {
  return Number(left.split('/')[1]) - Number(right.split('/')[1])
})
const record = () => ({
  autonomous_system_number: asn(),
  autonomous_system_organization: 'Example',
})
writeFileSync(
  mmdb,
  buildMmdb(
    some.map((row) => [row, record()]),
    { recordSize: 28 },
  ),
)
measure(`MMDB, ${some.length} prefixes`, mmdb)
rmSync(folder, { recursive: true })

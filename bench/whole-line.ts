import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Finding } from '@goldpan/core'
import { startBroker } from '../test/broker/broker.ts'
import { demoWorld, runDemoLine } from '../test/integration/demo-line.ts'

/**
 * The whole world of `goldpan demo` through sensors, broker, estimators, warehouse and `watch`: are
 * its findings those of `analyze` on the same captures?
 *
 *   node bench/whole-line.ts [ESTIMATORS]
 */

const [, , estimators = '3'] = process.argv
const folder = mkdtempSync(join(tmpdir(), 'goldpan-bench-whole-line-'))
const broker = await startBroker()
const began = performance.now()
const onStep = (step: string): void => {
  process.stdout.write(`${((performance.now() - began) / 1000).toFixed(0)} s: ${step}\n`)
}
try {
  const demo = await runDemoLine({
    ...{ world: demoWorld(), folder, broker: broker.plain, group: 'bench', onStep },
    estimators: Number(estimators),
  })
  const { alone, line, partitions } = demo
  process.stdout.write(`partitions by estimator: ${partitions.join(', ')}\n`)
  process.stdout.write(`rows of handshakes, traffic, heartbeats: analyze ${alone.rows}\n`)
  process.stdout.write(`                                            line ${line.rows}\n`)
  for (const [index, left] of alone.findings.entries()) {
    process.stdout.write(`analyze ${gist(left)}\n   line ${gist(line.findings[index])}\n`)
  }
  const same = JSON.stringify(alone) === JSON.stringify(line)
  process.stdout.write(same ? 'the same to the letter\n' : 'NOT the same\n')
  process.exitCode = same ? 0 : 1
} finally {
  await broker.close()
  rmSync(folder, { recursive: true, force: true })
}

function gist(finding: Finding | undefined): string {
  if (!finding) return 'nothing'
  const { id, kind, ip_version, scope, onset, opened, site_from, site_to, severity } = finding
  const way = site_from === undefined ? site_to : `${site_from} → ${site_to}`
  const who = `AS${scope.asns.join()} ${scope.countries.join()}`
  const cost = `${finding.samples} samples, lost time ${finding.lost_time} ms/s`
  return `${id} ${severity} ${kind} IPv${ip_version} ${who} ${way} ${onset} ${opened} ${cost}`
}

import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { findTool, missingTools } from '../integration/tools.ts'
import { root } from './compose-file.ts'

const folder = join(root, 'packaging/systemd')
const units = readdirSync(folder)
const missing = missingTools(['systemd-analyze'])

/** Exposure as `systemd-analyze security` counts it, 0 (none) to 10; a template needs a name. */
function exposureOf(unit: string): number {
  const work = mkdtempSync(join(tmpdir(), 'goldpan-unit-'))
  const file = join(work, unit.replace('@.', '@eth0.'))
  copyFileSync(join(folder, unit), file)
  const words = ['security', '--offline=true', '--no-pager', file]
  const { stdout, stderr } = spawnSync(findTool('systemd-analyze')!, words, { encoding: 'utf8' })
  rmSync(work, { recursive: true })
  const match = /exposure level for .*: ([\d.]+)/.exec(stdout)
  if (!match) throw new Error(`systemd-analyze said: ${stdout}${stderr}`)
  return Number(match[1])
}

describe('the units', () => {
  it('are those of capture, estimator and analyzer', () => {
    expect(units.sort()).toEqual([
      'goldpan-capture@.service',
      'goldpan-estimate.service',
      'goldpan-watch.service',
    ])
  })

  it.skipIf(missing).each(units)('%s is exposed by at most 2.0 of 10', (unit) => {
    expect(exposureOf(unit)).toBeLessThanOrEqual(2)
  })

  it('give the sensor one capability and the others none', () => {
    const capabilitiesOf = (unit: string): string[] =>
      readFileSync(join(folder, unit), 'utf8').match(/^\w*Capabilit\w+=.*$/gm) ?? []
    expect(capabilitiesOf('goldpan-capture@.service')).toEqual([
      'AmbientCapabilities=CAP_NET_RAW',
      'CapabilityBoundingSet=CAP_NET_RAW',
    ])
    for (const unit of ['goldpan-estimate.service', 'goldpan-watch.service']) {
      expect(capabilitiesOf(unit)).toEqual(['AmbientCapabilities=', 'CapabilityBoundingSet='])
    }
  })

  it('bound the memory of each, and the cores of the sensor', () => {
    for (const unit of units)
      expect(readFileSync(join(folder, unit), 'utf8')).toMatch(/^MemoryMax=/m)
    const sensor = readFileSync(join(folder, 'goldpan-capture@.service'), 'utf8')
    expect(sensor).toMatch(/^CPUQuota=100%$/m)
    expect(sensor).toMatch(/^Nice=10$/m)
  })
})

import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseAddress } from '@goldpan/core'
import { afterAll, expect, it } from 'vitest'
import { followPlaces } from './follow-places.ts'

const folder = mkdtempSync(join(tmpdir(), 'goldpan-follow-'))
afterAll(() => rmSync(folder, { recursive: true }))
const file = join(folder, 'networks.csv')

it('follows a file that is written, broken, replaced and removed', () => {
  writeFileSync(file, 'prefix,asn\n192.0.2.0/24,1\n')
  const places = followPlaces({ networks: [file] })
  /** The AS number that a changed file says, `unchanged`, or the error. */
  const look = (): unknown => {
    const seen = places.look()
    if (!seen.ok) return seen.error
    const networks = seen.value?.networks
    return networks?.network(networks.lookup(parseAddress('192.0.2.1')!, 0)).asn ?? 'unchanged'
  }
  expect(look()).toBe('unchanged')
  writeFileSync(file, 'prefix,asn\n192.0.2.0/24,22\n')
  expect(look()).toBe(22)
  writeFileSync(file, 'prefix,asn\n192.0.2.0/24,x\n')
  expect(look()).toBe(
    `${file} line 2: x is no AS number; mend the line or leave it out; ` +
      'what was read before stays in use',
  )
  expect(look()).toBe('unchanged')
  writeFileSync(join(folder, 'new'), 'prefix,asn\n192.0.2.0/24,33\n')
  renameSync(join(folder, 'new'), file)
  expect(look()).toBe(33)
  rmSync(file)
  expect(look()).toContain('cannot be read')
})

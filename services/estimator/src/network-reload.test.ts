import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseAddress } from '@goldpan/core'
import { afterAll, expect, it } from 'vitest'
import { type NetworkFiles, openNetworkFiles } from './network-reload.ts'

const folder = mkdtempSync(join(tmpdir(), 'goldpan-reload-'))
afterAll(() => rmSync(folder, { recursive: true }))
const file = join(folder, 'networks.csv')

const asnIn = ({ table }: NetworkFiles): number | undefined => {
  const index = table.lookup(parseAddress('192.0.2.1')!, 0)
  return index < 0 ? undefined : table.network(index).asn
}

it('follows a file that is written, broken, mended and replaced', () => {
  writeFileSync(file, 'prefix,asn\n192.0.2.0/24,1\n')
  const opened = openNetworkFiles([file])
  if (!opened.ok) throw new Error(opened.error.message)
  const networks = opened.value
  expect(networks.refresh()).toEqual({ ok: true, value: 'unchanged' })
  writeFileSync(file, 'prefix,asn\n192.0.2.0/24,22\n')
  expect(networks.refresh()).toEqual({ ok: true, value: 'reloaded' })
  expect(asnIn(networks)).toBe(22)
  writeFileSync(file, 'prefix,asn\n192.0.2.0/24,x\n')
  expect(networks.refresh()).toEqual({
    ok: false,
    error: {
      code: 'BAD_FILE',
      message:
        `${file} line 2: x is no AS number; mend the line or leave it out; ` +
        'the networks read before stay in use',
    },
  })
  expect(asnIn(networks)).toBe(22)
  expect(networks.refresh()).toEqual({ ok: true, value: 'unchanged' })
  writeFileSync(join(folder, 'new'), 'prefix,asn\n192.0.2.0/24,33\n')
  renameSync(join(folder, 'new'), file)
  expect(networks.refresh()).toEqual({ ok: true, value: 'reloaded' })
  expect(asnIn(networks)).toBe(33)
  rmSync(file)
  expect(networks.refresh()).toMatchObject({ ok: false, error: { code: 'UNREADABLE' } })
  expect(asnIn(networks)).toBe(33)
})

import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { readHandshakes } from '@goldpan/capture'
import { HandshakeCsvFormatter, handshakeCsvHeader } from '@goldpan/wire/handshake-csv'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { goldenCaptures } from './golden-captures.ts'
import { goldenCsv } from './golden-rows.ts'

const pathOf = (name: string): string => fileURLToPath(new URL(name, import.meta.url))
const csvOf = (name: string): string => pathOf(name.replace(/\.pcap(?:ng)?$/, '.csv'))

async function extract(input: string) {
  const formatter = new HandshakeCsvFormatter()
  let csv = handshakeCsvHeader
  const read = await readHandshakes({
    inputs: [input],
    ports: [53, 853],
    onBatch: (batch) => {
      csv += Buffer.from(formatter.format(batch)).toString()
    },
  })
  if (!read.ok) throw new Error(read.error.message)
  return { csv, damages: read.value.damages.map((damage) => damage.message).join('\n') }
}

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'goldpan-golden-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

describe.each(goldenCaptures)('$name', ({ name, bytes, rows, damage }) => {
  it('is what its script makes, as is its CSV', () => {
    expect(Buffer.compare(readFileSync(pathOf(name)), bytes)).toBe(0)
    expect(readFileSync(csvOf(name), 'utf8')).toBe(goldenCsv(rows))
  })

  it('yields its rows', async () => {
    const { csv, damages } = await extract(pathOf(name))
    expect(csv).toBe(readFileSync(csvOf(name), 'utf8'))
    if (damage) expect(damages).toContain(damage)
    else expect(damages).toBe('')
  })

  it('yields the same rows in gzip and in zstd', async () => {
    for (const [ending, compress] of [
      ['gz', gzipSync] as const,
      ['zst', zstdCompressSync] as const,
    ]) {
      const path = join(folder, `${name}.${ending}`)
      writeFileSync(path, compress(bytes))
      expect((await extract(path)).csv).toBe(goldenCsv(rows))
    }
  })
})

it('has no capture without a condition, and no name twice', () => {
  const names = goldenCaptures.map(({ name }) => name)
  expect(new Set(names).size).toBe(names.length)
  const files = readdirSync(pathOf('.')).filter((file) => /\.pcap(?:ng)?$/.test(file))
  expect(files.sort()).toEqual(names.toSorted())
  expect(names.every((name) => existsSync(csvOf(name)))).toBe(true)
})

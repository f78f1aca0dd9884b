import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { afterAll, describe, expect, it } from 'vitest'
import { openInput } from './input-file.ts'
import { orderCaptures } from './order-captures.ts'

const folder = mkdtempSync(join(tmpdir(), 'goldpan-input-file-'))
afterAll(() => rmSync(folder, { recursive: true }))

const plain = fileURLToPath(new URL('../../../test/captures/plain.pcap', import.meta.url))
const capture = readFileSync(plain)

/** What comes out of a named pipe that `bytes` are written to. */
async function throughPipe(name: string, bytes: Uint8Array): Promise<Buffer> {
  const pipe = join(folder, name)
  const file = `${pipe}.bytes`
  writeFileSync(file, bytes)
  execFileSync('mkfifo', [pipe])
  execFileSync('sh', ['-c', 'cat "$0" >"$1" & exit 0', file, pipe], { stdio: 'ignore' })
  const opened = openInput(pipe)
  if (!opened.ok) throw new Error(opened.error.message)
  const chunks: Buffer[] = []
  for await (const chunk of opened.value.stream!) chunks.push(chunk)
  opened.value.close()
  return Buffer.concat(chunks)
}

describe('a pipe', () => {
  it.each([
    ['plain', capture],
    ['gzip', gzipSync(capture)],
    ['zstd', zstdCompressSync(capture)],
  ])('hands a %s capture on, inflated', async (name, bytes) => {
    expect((await throughPipe(name, bytes)).equals(capture)).toBe(true)
  })

  it('of fewer bytes than a magic number hands them on', async () => {
    expect(await throughPipe('short', Buffer.from('ab'))).toEqual(Buffer.from('ab'))
    expect(await throughPipe('none', Buffer.alloc(0))).toEqual(Buffer.alloc(0))
  })

  it.each([
    ['gzip', gzipSync(capture)],
    ['zstd', zstdCompressSync(capture)],
  ])('that breaks off within %s fails', async (name, bytes) => {
    const broken = bytes.subarray(0, -12)
    await expect(throughPipe(`broken-${name}`, broken)).rejects.toThrow('unexpected end of file')
  })
})

describe('a folder', () => {
  it('inside of a folder is told, not passed over in silence', async () => {
    const outer = join(folder, 'outer')
    mkdirSync(join(outer, 'inner'), { recursive: true })
    writeFileSync(join(outer, 'a.pcap'), capture)
    const ordered = await orderCaptures([outer])
    expect(ordered.files).toEqual([join(outer, 'a.pcap')])
    expect(ordered.unread.damages).toEqual([])
    expect(ordered.notes).toEqual([
      `skipped: ${join(outer, 'inner')} cannot be read: ` +
        'it is a folder inside of a folder: name it as well to read what is in it',
    ])
  })
})

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { constants, zstdCompressSync } from 'node:zlib'
import fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { openInput } from './input-file.ts'
import { zstdFrames } from './zstd-frames.ts'

const folder = mkdtempSync(join(tmpdir(), 'goldpan-zstd-'))
afterAll(() => rmSync(folder, { recursive: true }))

const skippable = Buffer.from([0x53, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 7, 8, 9])
const frame = (content: Uint8Array, checksum = false): Buffer =>
  zstdCompressSync(content, { params: { [constants.ZSTD_c_checksumFlag]: checksum ? 1 : 0 } })

async function inflated(bytes: Uint8Array): Promise<Buffer> {
  const file = join(folder, 'input.zst')
  writeFileSync(file, bytes)
  const opened = openInput(file)
  if (!opened.ok) throw new Error(opened.error.message)
  return buffer(opened.value.stream!)
}

describe('a file of zstd', () => {
  it.each([
    ['several frames', [frame(Buffer.from('one,')), frame(Buffer.from('two'), true)]],
    ['a frame to be skipped before', [skippable, frame(Buffer.from('one,two'))]],
    [
      'frames to be skipped between and behind',
      [...[frame(Buffer.from('one,')), skippable, skippable, frame(Buffer.from('two')), skippable]],
    ],
    [
      'an empty frame',
      [frame(Buffer.from('one,')), frame(Buffer.alloc(0)), frame(Buffer.from('two'))],
    ],
  ])('with %s is read whole', async (_, frames) => {
    expect(String(await inflated(Buffer.concat(frames)))).toBe('one,two')
  })

  it('with a repeated byte and blocks of every kind is read whole', async () => {
    const noise = Buffer.from(Array.from({ length: 300_000 }, (_, index) => (index * 7919) >> 3))
    const content = Buffer.concat([Buffer.alloc(400_000, 5), noise, Buffer.alloc(200_000, 6)])
    const bytes = Buffer.concat([frame(content, true), frame(content)])
    expect((await inflated(bytes)).equals(Buffer.concat([content, content]))).toBe(true)
  })

  it('with rubbish behind a frame keeps the frame and fails', async () => {
    const bytes = Buffer.concat([frame(Buffer.from('one')), Buffer.from('rubbish, no frame')])
    await expect(inflated(bytes)).rejects.toThrow('Unknown frame descriptor')
  })
})

describe('zstdFrames', () => {
  it('hands on the same bytes whatever the chunks, and none of two frames together', async () => {
    const parts = fc.array(fc.oneof(fc.uint8Array({ maxLength: 50 }), fc.constant(undefined)))
    await fc.assert(
      fc.asyncProperty(parts, fc.integer({ min: 1, max: 9 }), async (contents, chunkBytes) => {
        const frames = contents.flatMap((each) => (each ? [frame(each)] : []))
        const bytes = Buffer.concat(contents.map((each) => (each ? frame(each) : skippable)))
        const chunks = Array.from({ length: Math.ceil(bytes.length / chunkBytes) }, (_, index) =>
          bytes.subarray(index * chunkBytes, (index + 1) * chunkBytes),
        )
        const ends = new Set(frames.map((_, index) => bytesOf(frames.slice(0, index + 1))))
        let handed = Buffer.alloc(0)
        for await (const piece of zstdFrames(Readable.from(chunks))) {
          const isWithin = ![...ends].some(
            (end) => end > handed.length && end < handed.length + piece.length,
          )
          expect(isWithin).toBe(true)
          handed = Buffer.concat([handed, piece])
        }
        expect(handed.equals(Buffer.concat(frames))).toBe(true)
      }),
      { numRuns: 200 },
    )
  })
})

const bytesOf = (frames: readonly Buffer[]): number =>
  frames.reduce((sum, { length }) => sum + length, 0)

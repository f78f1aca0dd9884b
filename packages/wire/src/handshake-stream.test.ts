import { createHandshakeBatch, type HandshakeBatch, handshakePresent } from '@goldpan/core'
import { tableFromIPC } from 'apache-arrow'
import { describe, expect, it } from 'vitest'
import { decodeHandshakeStream, HandshakeStreamEncoder, isArrowStream } from './handshake-stream.ts'

function batchOf(length: number, first: number): HandshakeBatch {
  const batch = createHandshakeBatch(length)
  batch.length = length
  for (let row = 0; row < length; row++) {
    batch.timeMicros[row] = 1_767_225_600e6 + first + row
    batch.rttMicros[row] = first + row
    batch.client[row * 16 + 15] = row
    batch.present[row] = row % 2 ? handshakePresent.client : handshakePresent.hops
  }
  return batch
}

async function* chunksOf(bytes: Uint8Array, chunkBytes: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += chunkBytes) {
    yield await Promise.resolve(bytes.slice(at, at + chunkBytes))
  }
}

function encode(batches: readonly HandshakeBatch[]): Uint8Array {
  const encoder = new HandshakeStreamEncoder()
  return Buffer.concat([...batches.map((batch) => encoder.encode(batch)), encoder.end()])
}

async function decode(bytes: Uint8Array, chunkBytes = 1000) {
  const rtts: number[] = []
  const errors: string[] = []
  for await (const batch of decodeHandshakeStream(chunksOf(bytes, chunkBytes))) {
    if (batch.ok) rtts.push(...batch.value.rttMicros.subarray(0, batch.value.length))
    else errors.push(batch.error.code)
  }
  return { rtts, errors }
}

describe('a handshake stream', () => {
  const batches = [batchOf(3, 0), batchOf(1, 3), batchOf(40, 4)]
  const expected = Array.from({ length: 44 }, (_, index) => index)

  it('comes back batch by batch, in chunks of any size', async () => {
    const bytes = encode(batches)
    expect(isArrowStream(bytes)).toBe(true)
    for (const chunkBytes of [1, 7, 700, 100_000]) {
      expect(await decode(bytes, chunkBytes)).toEqual({ rtts: expected, errors: [] })
    }
  })

  it('is one table for other readers of Arrow', () => {
    const table = tableFromIPC(encode(batches))
    expect(table.numRows).toBe(44)
    expect([...table.getChild('rtt_us')!]).toEqual(expected)
  })

  it('may have no rows: then it is its columns', async () => {
    const bytes = encode([])
    expect(tableFromIPC(bytes).schema.names).toContain('rtt_us')
    expect(await decode(bytes)).toEqual({ rtts: [], errors: [] })
  })

  it('keeps the batches before a cut, wherever it is', async () => {
    const bytes = encode(batches)
    const whole = encode(batches.slice(0, 2)).length - 8
    for (let length = whole; length < bytes.length - 8; length += 13) {
      const { rtts } = await decode(bytes.subarray(0, length))
      expect(rtts.slice(0, 4)).toEqual(expected.slice(0, 4))
    }
  })

  it('ends with an error value on anything else', async () => {
    for (const text of ['', 'time,site,client\n', '\xff\xff\xff\xff\0\x01\0\0rubbish']) {
      const { rtts } = await decode(Buffer.from(text, 'latin1'))
      expect(rtts).toEqual([])
    }
    expect(isArrowStream(Buffer.from('time,site'))).toBe(false)
  })
})

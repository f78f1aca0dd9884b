import { expect, it } from 'vitest'
import { createHandshakeBatch, formatHandshakeFlags, handshakeFlag } from './handshake.ts'

it('names the set flags in their printed order', () => {
  expect(formatHandshakeFlags(0)).toBe('')
  expect(formatHandshakeFlags(handshakeFlag.fast_open | handshakeFlag.ambiguous)).toBe(
    'ambiguous fast_open',
  )
})

it('makes an empty batch with sixteen bytes an address', () => {
  const batch = createHandshakeBatch(3)
  expect([batch.length, batch.client.length, batch.rttMicros.length]).toEqual([0, 48, 3])
})

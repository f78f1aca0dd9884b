import {
  createHandshakeBatch,
  createTrafficBatch,
  type HandshakeBatch,
  type SensorStatus,
  type TrafficBatch,
} from '@goldpan/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeHandshakes, encodeHandshakes } from './handshake-message.ts'
import { decodeSensorStatus, encodeSensorStatus } from './sensor-message.ts'
import { decodeTraffic, encodeTraffic } from './traffic-message.ts'

const meta = { service: 'ns1.example', site: 'ams', sensor: 's1', boot: 'b', firstRow: 7 }

/** A batch with every column filled from `seed`; absent values are zero in their columns. */
function handshakes(length: number, seed: number): HandshakeBatch {
  const batch = createHandshakeBatch(length + 3)
  batch.length = length
  batch.links = ['other', '7/02:00:00:00:00:01']
  for (let row = 0; row < length; row++) {
    const value = (row + 1) * seed
    batch.timeMicros[row] = 1.7e15 + value
    batch.rttMicros[row] = value
    batch.client.fill(value, row * 16, row * 16 + 16)
    batch.prefix.fill(value, row * 16, row * 16 + 6)
    batch.server.fill(1, row * 16, row * 16 + 16)
    batch.serverPort[row] = 53
    batch.present[row] = value
    batch.present[row]! &= 31
    batch.flags[row] = value & 31
    batch.synackRetransmissions[row] = row
    if (value & 1) batch.acceptMicros[row] = value
    if (value & 2) batch.hops[row] = value
    if (value & 8) batch.ingress[row] = 1
    if (value & 16) batch.egress[row] = 1
  }
  return batch
}

function traffic(length: number, seed: number): TrafficBatch {
  const batch = createTrafficBatch(length)
  batch.length = length
  for (let row = 0; row < length; row++) {
    batch.minuteSeconds[row] = 60 * (row + seed)
    batch.prefix.fill(seed, row * 16, row * 16 + 6)
    batch.udpQueries[row] = seed * row
    batch.samplingRate[row] = 1
    batch.present[row] = (seed + row) & 31
  }
  return batch
}

const rows = <T extends HandshakeBatch | TrafficBatch>(batch: T): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(batch)
      .filter(([name]) => name !== 'capacity')
      .map(([name, column]) => {
        if (!ArrayBuffer.isView(column)) return [name, column]
        const perRow = /^(client|prefix|server)$/.test(name) ? 16 : 1
        return [name, Array.from((column as Uint8Array).subarray(0, batch.length * perRow))]
      }),
  )

describe('a message', () => {
  it('of handshakes gives back every column', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 1, max: 1e6 }),
        (length, seed) => {
          const batch = handshakes(length, seed)
          const decoded = decodeHandshakes(encodeHandshakes(batch, meta))
          if (!decoded.ok) throw new Error(decoded.error.reason)
          expect(decoded.value.meta).toEqual(meta)
          expect(rows(decoded.value.batch)).toEqual(rows(batch))
        },
      ),
    )
  })

  it('of traffic gives back every column', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.nat(200), (length, seed) => {
        const batch = traffic(length, seed)
        const decoded = decodeTraffic(encodeTraffic(batch, meta))
        if (!decoded.ok) throw new Error(decoded.error.reason)
        expect(rows(decoded.value.batch)).toEqual(rows(batch))
      }),
    )
  })

  it('of heartbeats gives them back', () => {
    const statuses: SensorStatus[] = [
      {
        timeMicros: 5,
        final: false,
        packets: 1,
        bytes: 2,
        handshakes: 0,
        counters: { rst: 3 },
        pending: 4,
        version: '0.1.0',
      },
      {
        timeMicros: 6e15,
        final: true,
        packets: 9,
        bytes: 9,
        handshakes: 9,
        kernelDrops: 0,
        counters: {},
        pending: 0,
        version: '0.1.0',
      },
    ]
    expect(decodeSensorStatus(encodeSensorStatus(statuses, meta))).toEqual({
      ok: true,
      value: { meta, statuses },
    })
  })

  it('of another topic is an error that names both', () => {
    expect(decodeTraffic(encodeHandshakes(handshakes(2, 3), meta))).toEqual({
      ok: false,
      error: {
        code: 'WRONG_VERSION',
        reason: 'it is of goldpan.handshakes.v1, not goldpan.traffic.v1',
      },
    })
  })

  it('that is cut short is an error value', () => {
    const good = encodeHandshakes(handshakes(20, 12_345), meta)
    // The last column's padding and the end-of-stream mark carry nothing.
    for (let cut = 0; cut < good.length - 80; cut += 7) {
      expect(decodeHandshakes(good.slice(0, cut)).ok).toBe(false)
    }
  })
})

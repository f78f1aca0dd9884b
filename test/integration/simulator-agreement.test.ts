import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { captureToBus, readHandshakes } from '@goldpan/capture'
import { addressBytes, formatAddress, formatPrefix, type HandshakeBatch } from '@goldpan/core'
import type { BusMessage } from '@goldpan/runtime'
import { drawPopulation, simulateMinutes, writeWorld } from '@goldpan/simulator'
import { decodeTraffic } from '@goldpan/wire'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { smallWorld } from './small-world.ts'

const world = smallWorld()
const population = drawPopulation(world)
const folder = mkdtempSync(join(tmpdir(), 'goldpan-agreement-'))

beforeAll(() => writeWorld(world, { folder, packets: true }))
afterAll(() => rmSync(folder, { recursive: true }))

/** Rows as texts, in an order of their own: the packets of a minute's end complete in the next. */
function rowsOf(batch: HandshakeBatch): string[] {
  return Array.from({ length: batch.length }, (_, row) =>
    [
      batch.timeMicros[row],
      formatAddress(batch.client, row * addressBytes),
      batch.clientPort[row],
      formatAddress(batch.server, row * addressBytes),
      batch.flags[row]! & 1 ? 'ambiguous' : batch.rttMicros[row],
      batch.acceptMicros[row],
      batch.hops[row],
      batch.synackRetransmissions[row],
      batch.flags[row],
    ].join(),
  )
}

function simulatedRows(site: string): string[] {
  return [...simulateMinutes(world, population)]
    .flatMap(({ sites }) => rowsOf(sites.find((seen) => seen.site === site)!.handshakes))
    .sort()
}

describe.each(world.sites)('the packets of site %s', (site) => {
  it('hold the handshakes that the fast path makes without packets', async () => {
    const found: string[] = []
    const read = await readHandshakes({
      inputs: [join(folder, `${site}.pcap`)],
      ports: [53],
      onBatch: (batch) => found.push(...rowsOf(batch)),
    })
    expect(read.ok).toBe(true)
    expect(found.length).toBeGreaterThan(20)
    expect(found.sort()).toEqual(simulatedRows(site))
  })

  it('hold the queries that the fast path counts', async () => {
    const counted = new Map<string, number>()
    const add = (prefix: string, udp: number, tcp: number): void => {
      counted.set(`${prefix} udp`, (counted.get(`${prefix} udp`) ?? 0) + udp)
      counted.set(`${prefix} tcp`, (counted.get(`${prefix} tcp`) ?? 0) + tcp)
    }
    const take = (message: BusMessage): void => {
      if (message.topic !== 'goldpan.traffic.v1') return
      const decoded = decodeTraffic(message.value)
      if (!decoded.ok) throw new Error(decoded.error.reason)
      const { batch } = decoded.value
      for (let row = 0; row < batch.length; row++) {
        const prefix = formatPrefix(batch.prefix, row * addressBytes)
        add(prefix, batch.udpQueries[row]!, batch.tcpQueries[row]!)
      }
    }
    await captureToBus({
      ...{ service: 's', site, sensor: site, ports: [53], clients: 'prefix' },
      inputs: [join(folder, `${site}.pcap`)],
      bus: { send: async (message) => take(message), end() {} },
    })
    for (const { sites } of simulateMinutes(world, population)) {
      const { traffic } = sites.find((seen) => seen.site === site)!
      for (let row = 0; row < traffic.length; row++) {
        const prefix = formatPrefix(traffic.prefix, row * addressBytes)
        add(prefix, -traffic.udpQueries[row]!, -traffic.tcpQueries[row]!)
      }
    }
    expect(counted.size).toBeGreaterThan(10)
    expect([...counted].filter(([, difference]) => difference !== 0)).toEqual([])
  })
})

describe('a world', () => {
  it('is the same bytes again', async () => {
    const again = mkdtempSync(join(tmpdir(), 'goldpan-agreement-'))
    await writeWorld(world, { folder: again, packets: true })
    for (const file of ['ams.pcap', 'networks.csv', 'sites.csv', 'truth.json']) {
      expect(readFileSync(join(again, file)).equals(readFileSync(join(folder, file)))).toBe(true)
    }
    rmSync(again, { recursive: true })
  })
})

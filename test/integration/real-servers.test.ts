import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { captureToBus } from '@goldpan/capture'
import { decodeTraffic } from '@goldpan/wire'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { compareWithTshark } from './compare-with-tshark.ts'
import { findFreePort, serverPrograms, startNameServer } from './name-server.ts'
import {
  addresses,
  dnsperfQueries,
  lookups,
  queryServer,
  whyNoServers,
} from './name-server-load.ts'
import { type OwnProcess, startProcess } from './own-process.ts'
import { findTool } from './tools.ts'

const reason = whyNoServers()

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'goldpan-servers-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

/** Records the loopback while `work` runs; short frames, so that the ring holds a burst. */
async function record<T>(path: string, port: number, work: () => Promise<T>): Promise<T> {
  const filter = `port ${port}`
  const options = [
    '-i',
    'lo',
    '-U',
    '--immediate-mode',
    '-s',
    '4096',
    '-B',
    '65536',
    '-w',
    path,
    filter,
  ]
  const tcpdump: OwnProcess = startProcess(findTool('tcpdump')!, options)
  let result: T
  try {
    await tcpdump.waitFor(/listening on lo/, 5000)
    result = await work()
    await delay(300)
  } finally {
    await tcpdump.stop('SIGINT')
  }
  expect(tcpdump.output()).toMatch(/\b0 packets dropped by kernel/)
  return result
}

/** Reads the recording as a sensor would. */
async function replay(path: string, port: number) {
  const counts = { udp: 0, tcp: 0, handshakes: 0 }
  const read = await captureToBus({
    inputs: [path],
    service: 'example',
    site: 'lo',
    sensor: 'lo-1',
    ports: [port],
    clients: 'full',
    bus: {
      async send({ topic, value }) {
        if (topic !== 'goldpan.traffic.v1') return
        const decoded = decodeTraffic(value)
        if (!decoded.ok) throw new Error(decoded.error.reason)
        const { length, udpQueries, tcpQueries, handshakes } = decoded.value.batch
        for (let row = 0; row < length; row++) {
          counts.udp += udpQueries[row]!
          counts.tcp += tcpQueries[row]!
          counts.handshakes += handshakes[row]!
        }
      },
      end() {},
    },
  })
  if (!read.ok) throw new Error(read.error.message)
  return { counts, summary: read.value }
}

describe.skipIf(reason)(`real servers${reason ? ` (skipped: ${reason})` : ''}`, () => {
  it.each(serverPrograms)(
    '%s: every connection of real clients is a handshake',
    async (program) => {
      const port = await findFreePort()
      const path = join(folder, `${program}.pcap`)
      const server = await startNameServer(program, folder, port)
      let connections: number
      try {
        connections = await record(path, port, () => queryServer(port, folder))
      } finally {
        await server.stop('SIGTERM')
      }
      const { counts, summary } = await replay(path, port)
      expect(summary.counters.handshakes).toBe(connections)
      expect(summary.isTakenAtClient).toBe(false)
      expect(counts.handshakes).toBe(connections)
      expect(counts.udp).toBe(lookups * addresses.length)
      expect(counts.tcp).toBe((lookups + dnsperfQueries) * addresses.length)
      expect(
        summary.servers.map(({ address, direction }) => `${address} ${direction}`).sort(),
      ).toEqual(['127.0.0.1 both', '::1 both'])
      const { unexplained, explained, equalHandshakes } = await compareWithTshark(path, port)
      expect(unexplained).toEqual([])
      const special = Object.values(explained).reduce((sum, count) => sum + count, 0)
      expect(equalHandshakes + special).toBe(connections)
      expect(equalHandshakes).toBeGreaterThan(connections / 2)
    },
  )
})

/**
 * Handshakes a second from encoded messages into chDB: decode, check, enrich, insert with rollups.
 *
 *     node bench/estimator.ts [millions of handshakes, 5] [networks, 50000]
 */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createHandshakeBatch, type HandshakeBatch, handshakePresent } from '@goldpan/core'
import { Estimator, readNetworkTable } from '@goldpan/estimator'
import type { BusMessage, BusReceiver } from '@goldpan/runtime'
import { openEmbeddedWarehouse } from '@goldpan/warehouse-embedded'
import { encodeHandshakes, handshakeTopic } from '@goldpan/wire'

const [, , millions = '5', networkCount = '50000'] = process.argv
const rowsPerMessage = 250_000
const rows = Number(millions) * 1e6
const startMicros = 1_767_225_600_000_000

/** A small generator of numbers, the same for the same seed (Marsaglia's xorshift32). */
let state = 42
function draw(below: number): number {
  state ^= state << 13
  state ^= state >>> 17
  state ^= state << 5
  return (state >>> 0) % below
}

/** Clients of 100,000 prefixes in 16.0.0.0/6, 20,000 handshakes a second. */
function fillBatch(batch: HandshakeBatch, firstRow: number): void {
  for (let row = 0; row < rowsPerMessage; row++) {
    const prefix = draw(100_000)
    const at = row * 16
    for (const address of [batch.client, batch.prefix, batch.server]) {
      address.set([0xff, 0xff, 16, prefix >> 8, prefix, 0], at + 10)
    }
    batch.client[at + 12] = 16 + (prefix >> 16)
    batch.prefix[at + 12] = batch.client[at + 12]!
    batch.client[at + 15] = draw(256)
    batch.server.set([192, 0, 2, 53], at + 12)
    batch.timeMicros[row] = startMicros + (firstRow + row) * 50
    batch.clientPort[row] = draw(64_000)
    batch.serverPort[row] = 53
    batch.rttMicros[row] = 1000 + draw(100_000)
    batch.acceptMicros[row] = draw(200)
    batch.hops[row] = draw(30)
    batch.present[row] = handshakePresent.client | handshakePresent.accept | handshakePresent.hops
  }
  batch.length = rowsPerMessage
}

const source = { service: 'ns1.example', site: 'ams', sensor: 'bench' }

function encodeMessages(): BusMessage[] {
  const messages: BusMessage[] = []
  const batch = createHandshakeBatch(rowsPerMessage)
  for (let firstRow = 0; firstRow < rows; firstRow += rowsPerMessage) {
    fillBatch(batch, firstRow)
    const value = encodeHandshakes(batch, { ...source, boot: 'bench', firstRow })
    const n = messages.length
    messages.push({
      topic: handshakeTopic,
      source,
      boot: 'bench',
      n,
      firstRow,
      rows: rowsPerMessage,
      value,
    })
  }
  return messages
}

function writeNetworks(file: string): void {
  const lines = Array.from({ length: Number(networkCount) }, (_, index) => {
    const prefix = `${16 + (index >> 15)}.${(index >> 7) & 255}.${(index << 1) & 255}.0/23`
    return `${prefix},${64_512 + (index % 5000)},Network ${index % 5000},NL`
  })
  writeFileSync(file, ['prefix,asn,name,country', ...lines].join('\n'))
}

const folder = mkdtempSync(join(tmpdir(), 'goldpan-bench-'))
try {
  const networksFile = join(folder, 'networks.csv')
  writeNetworks(networksFile)
  const networks = readNetworkTable([networksFile])
  if (!networks.ok) throw new Error(networks.error.message)
  const messages = encodeMessages()
  const opened = await openEmbeddedWarehouse({ folder: join(folder, 'warehouse') })
  if (!opened.ok) throw new Error(opened.error.message)
  const receiver: BusReceiver = {
    async *receive() {
      yield* messages
    },
  }
  const before = process.cpuUsage()
  const begin = performance.now()
  const estimator = new Estimator({ receiver, warehouse: opened.value, networks: networks.value })
  const summary = await estimator.run()
  const { user, system } = process.cpuUsage(before)
  const cpuSeconds = (user + system) / 1e6
  const seconds = (performance.now() - begin) / 1000
  console.log(JSON.stringify(summary))
  console.log(`${rows} handshakes: ${cpuSeconds.toFixed(1)} CPU s, ${seconds.toFixed(1)} s`)
  console.log(`${Math.round(rows / cpuSeconds / 1000)} k handshakes/s per core`)
  await opened.value.close()
} finally {
  rmSync(folder, { recursive: true, force: true })
}

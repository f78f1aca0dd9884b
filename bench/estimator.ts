/**
 * Handshakes a second from encoded messages into chDB: decode, check, enrich, insert with rollups.
 * The sites, networks and prefixes are those of bench/day.yaml.
 *
 *     node bench/estimator.ts [millions of handshakes, 5] [messages' rows, 250000]
 */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createHandshakeBatch } from '@goldpan/core'
import { Estimator, readNetworkTable } from '@goldpan/estimator'
import type { BusMessage, BusReceiver } from '@goldpan/runtime'
import { openEmbeddedWarehouse } from '@goldpan/warehouse-embedded'
import { encodeHandshakes, handshakeTopic } from '@goldpan/wire'
import { readDayWorld, SiteDraws } from './day-world.ts'

const [, , millions = '5', messageRows = '250000'] = process.argv
const rowsPerMessage = Number(messageRows)
const rows = Number(millions) * 1e6
const startMicros = 1_767_225_600_000_000
/** 20,000 handshakes a second over all sites. */
const microsPerRow = 50

const day = readDayWorld()
const { service, sites } = day.world
const draws = sites.map((site) => new SiteDraws(day, site))

/** Of each site in turn. */
function encodeMessages(): BusMessage[] {
  const messages: BusMessage[] = []
  const batch = createHandshakeBatch(rowsPerMessage)
  for (let row = 0; row < rows; row += rowsPerMessage) {
    const index = messages.length % sites.length
    const source = { service, site: sites[index]!, sensor: 'bench' }
    const n = Math.floor(messages.length / sites.length)
    const at = startMicros + row * microsPerRow
    draws[index]!.fill(batch, rowsPerMessage, at, microsPerRow)
    const firstRow = n * rowsPerMessage
    messages.push({
      ...{ topic: handshakeTopic, source, boot: 'bench', n, firstRow, rows: rowsPerMessage },
      value: encodeHandshakes(batch, { ...source, boot: 'bench', firstRow }),
    })
  }
  return messages
}

const folder = mkdtempSync(join(tmpdir(), 'goldpan-bench-'))
try {
  const networksFile = join(folder, 'networks.csv')
  writeFileSync(networksFile, day.networkLines.join('\n'))
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

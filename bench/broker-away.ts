/**
 * The broker is away for ten minutes at 5,000 handshakes a second, by packet time: what the sensor
 * needs of memory and disk meanwhile, and how long the replay takes once the broker is back.
 *
 *   node bench/broker-away.ts [HANDSHAKES_PER_SECOND] [SECONDS] [SPEED]
 *
 * SPEED 1 lets packet time pass as fast as the clock's; by default it passes as fast as it can, and
 * garbage of ten minutes gathers in one.
 *
 * Needs Java and the jars of Apache Kafka, as the tests do.
 */

import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { startBroker } from '../test/broker/broker.ts'
import { readMessages } from '../test/broker/bus-reader.ts'
import { sensorEnvironment, sensorFlags } from './sensor-start.ts'

const perSecond = Number(process.argv[2] ?? 5000)
const seconds = Number(process.argv[3] ?? 600)
const speed = Number(process.argv[4] ?? Number.POSITIVE_INFINITY)
const folder = mkdtempSync(join(tmpdir(), 'goldpan-broker-away-'))
const service = randomUUID()

interface Told {
  readonly made: number
  readonly waiting: number
  readonly diskBytes: number
  readonly peakBytes: number
  readonly drainedSeconds: number
  readonly acknowledgedRows: number
  readonly spool_dropped_rows: number
  readonly spool_unwritten_rows: number
}

const broker = await startBroker()
await broker.stop('SIGKILL')
const program = fileURLToPath(new URL('./broker-away-sensor.ts', import.meta.url))
const load = [perSecond, seconds, speed].map(String)
const words = [...sensorFlags, program, broker.plain, folder, service, ...load]
const sensor = spawn(process.execPath, words, {
  stdio: ['ignore', 'pipe', 'inherit'],
  env: { ...process.env, ...sensorEnvironment },
})
const lines = createInterface({ input: sensor.stdout })[Symbol.asyncIterator]()
const next = async (): Promise<Told> => JSON.parse((await lines.next()).value as string) as Told
try {
  const away = await next()
  await broker.start()
  const back = await next()
  const count = Number(away.waiting)
  const messages = await readMessages(broker.plain, 'goldpan.handshakes.v1', { service, count })
  const ranges = new Map(
    messages.map(({ headers }) => [Number(headers!.first_row), Number(headers!.rows)]),
  )
  const rows = [...ranges.values()].reduce((sum, each) => sum + each, 0)
  console.table({
    'handshakes made': away.made,
    'messages and MB on disk': `${away.waiting}, ${(away.diskBytes / 1e6).toFixed(0)}`,
    'memory while the broker was away, at its highest, MB': Math.round(away.peakBytes / 1e6),
    'rows dropped or unwritten': back.spool_dropped_rows + back.spool_unwritten_rows,
    'replay after the broker was back, s': back.drainedSeconds.toFixed(1),
    'distinct rows in the topic': rows,
    'memory with the replay, at its highest, MB': Math.round(back.peakBytes / 1e6),
  })
} finally {
  sensor.kill()
  await broker.close()
  rmSync(folder, { recursive: true, force: true })
}

import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { openServerWarehouse, type Warehouse } from '@goldpan/warehouse'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { missingBroker } from '../broker/broker-jars.ts'
import { sharedBroker } from '../broker/shared-broker.ts'
import { Conversation, pcapOf, startSeconds } from '../captures/conversation.ts'
import { type OwnProcess, startProcess } from '../integration/own-process.ts'
import { doctorIn } from '../integration/run-doctor.ts'
import { WarehouseServer } from './warehouse-server.ts'

const missing = missingBroker()
const file = (path: string): string => fileURLToPath(new URL(path, import.meta.url))
const cli = file('../../cli/src/main.ts')
const handshakes = 20
const hourMillis = 3_600_000

/** A capture of handshakes that end now, by a clock that is ahead. */
function captureOf(aheadMillis: number): Uint8Array {
  const start = (Date.now() + aheadMillis - 10_000 - startSeconds * 1000) * 1000
  const frames = Array.from({ length: handshakes }, (_, row) => {
    const at = start + row * 100_000
    const conversation = new Conversation({
      clientPort: 2000 + row,
      clientIsn: row,
      serverIsn: row,
    })
    return conversation
      .syn(at)
      .synack(at + 40)
      .ack(at + 9000).frames
  })
  return pcapOf(frames.flat())
}

describe.skipIf(missing)(`a sensor whose clock is wrong ${missing ?? ''}`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'goldpan-clock-'))
  const server = new WarehouseServer(join(folder, 'warehouse'))
  const doctor = doctorIn(folder)
  const service = randomUUID()
  let bus: string
  let url: string
  let warehouse: Warehouse
  let estimator: OwnProcess

  beforeAll(async () => {
    const [broker] = await Promise.all([sharedBroker(), server.start()])
    bus = `kafka://${broker.plain}`
    url = `http://default@127.0.0.1:${server.port}`
    const opened = await openServerWarehouse({ url })
    if (!opened.ok) throw new Error(opened.error.message)
    warehouse = opened.value
    process.env.GOLDPAN_HTTP_ESTIMATE_LISTEN = '127.0.0.1:0'
    const words = ['estimate', '--from', bus, '--group', randomUUID(), '--warehouse', url]
    estimator = startProcess(process.execPath, [cli, ...words])
  })
  afterAll(async () => {
    await estimator?.stop('SIGTERM')
    await warehouse?.close()
    await server.kill()
    rmSync(folder, { recursive: true, force: true })
  })

  /** Runs a sensor over a pipe of its packets, to their end. */
  async function sense(sensor: string, aheadMillis: number): Promise<void> {
    const source = ['--service', service, '--site', 'ams', '--sensor', sensor]
    const words = ['--import', file('../integration/shift-clock.ts'), cli, 'capture', '-r', '-']
    const child = spawn(process.execPath, [...words, ...source, '--to', bus], {
      env: {
        ...process.env,
        GOLDPAN_TEST_CLOCK_MILLIS: String(aheadMillis),
        GOLDPAN_HTTP_CAPTURE_LISTEN: 'off',
        GOLDPAN_CAPTURE_USER: 'root',
        STATE_DIRECTORY: join(folder, 'state'),
      },
    })
    const said = text(child.stderr)
    child.stdin.end(captureOf(aheadMillis))
    const [code] = await once(child, 'close')
    if (code !== 0) throw new Error(await said)
  }

  /** Handshakes by sensor and reason to keep them apart, once there are so many. */
  async function settled(wanted: number): Promise<Record<string, number>> {
    for (let tries = 0; ; tries++) {
      const rows = await warehouse.query<{ name: string; n: number }>(
        `SELECT concat(sensor, ' ', excluded) AS name, toFloat64(count()) AS n FROM handshakes
         WHERE service = {service:String} GROUP BY name ORDER BY name`,
        { service },
      )
      const sum = rows.reduce((total, { n }) => total + n, 0)
      if (sum >= wanted || tries > 150) {
        return Object.fromEntries(rows.map(({ name, n }) => [name, n]))
      }
      await delay(100)
    }
  }

  it('is named, counted, kept apart, spoils no other, and goes on when it is right', async () => {
    await Promise.all([sense('right', 0), sense('wrong', hourMillis)])
    const apart = { 'right ': handshakes, 'wrong clock': handshakes }
    expect(await settled(2 * handshakes)).toEqual(apart)
    const name = `${service}/ams/wrong`
    await estimator.waitFor(new RegExp(`"${name}","off":"3[56]\\d\\d s ahead".*clock of a`), 9000)
    const health = /"health":"([^"]+)"/.exec(estimator.output())![1]!
    /** Rows are there a moment before they are counted. */
    const counts = (pattern: RegExp) =>
      expect
        .poll(async () => (await fetch(new URL('/metrics', health))).text(), { timeout: 9000 })
        .toMatch(pattern)
    await counts(
      new RegExp(`wrong_clock_rows_total{topic="goldpan.handshakes.v1"[^}]*} ${handshakes}\n`),
    )
    await counts(/goldpan_estimate_wrong_clock_sensors 1\n/)
    const seen = await doctor(['--warehouse', url])
    expect(seen.stopsAt).toBe('clock')
    expect(seen.text).toMatch(new RegExp(`the clock of the sensor ${name} is 3[56]\\d\\d s ahead`))
    await sense('wrong', 0)
    expect(await settled(3 * handshakes)).toEqual({ ...apart, 'wrong ': handshakes })
    await estimator.waitFor(new RegExp(`"${name}".*clock of a sensor is right again`), 9000)
    await counts(/goldpan_estimate_wrong_clock_sensors 0\n/)
    expect((await doctor(['--warehouse', url])).passed).toContain('clock')
  }, 60_000)
})

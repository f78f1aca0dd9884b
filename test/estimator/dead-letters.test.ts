import { spawnSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { type BusMessage, deadLetterTopic } from '@goldpan/runtime'
import { createKafkaSender, type KafkaSender, topicSettingsDefault } from '@goldpan/runtime/kafka'
import { openServerWarehouse, type Warehouse } from '@goldpan/warehouse'
import kafkajs, { type Kafka, type KafkaMessage } from 'kafkajs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { registerKafkaCodecs } from '../../packages/runtime/src/kafka-client.ts'
import { type Broker, startBroker } from '../broker/broker.ts'
import { missingBroker } from '../broker/broker-jars.ts'
import { keepingLog } from '../broker/bus-reader.ts'
import { type OwnProcess, startProcess } from '../integration/own-process.ts'
import { loadMessage } from './bus-load.ts'
import { WarehouseServer } from './warehouse-server.ts'

const missing = missingBroker()
const cli = fileURLToPath(new URL('../../cli/src/main.ts', import.meta.url))
/** Of a topic of others: less than a message of two thousand rows. */
const narrowBytes = 2000

/** The first message of the topic of dead letters. */
async function firstLetter(kafka: Kafka): Promise<KafkaMessage> {
  registerKafkaCodecs()
  const consumer = kafka.consumer({ groupId: randomUUID(), maxWaitTimeInMs: 50 })
  const came = new EventTarget()
  const read: KafkaMessage[] = []
  await consumer.subscribe({ topic: deadLetterTopic, fromBeginning: true })
  const first = once(came, 'letter', { signal: AbortSignal.timeout(10_000) })
  await consumer.run({
    eachMessage: async ({ message }) => {
      read.push(message)
      came.dispatchEvent(new Event('letter'))
    },
  })
  await first
  await consumer.disconnect()
  return read[0]!
}

describe.skipIf(missing)(`dead letters that the bus does not take ${missing ?? ''}`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'goldpan-dead-letters-'))
  const server = new WarehouseServer(join(folder, 'warehouse'))
  let broker: Broker
  let kafka: Kafka
  let sender: KafkaSender
  let warehouse: Warehouse
  let estimator: OwnProcess
  let url: string

  beforeAll(async () => {
    // Its own: on the shared one others make the topic.
    ;[broker] = await Promise.all([startBroker(), server.start()])
    const warehouseUrl = `http://default@127.0.0.1:${server.port}`
    const opened = await openServerWarehouse({ url: warehouseUrl })
    if (!opened.ok) throw new Error(opened.error.message)
    warehouse = opened.value
    kafka = new kafkajs.Kafka({ brokers: [broker.plain], logLevel: kafkajs.logLevel.NOTHING })
    sender = createKafkaSender({
      ...{ brokers: [broker.plain], topics: topicSettingsDefault, compression: 'zstd' },
      log: keepingLog(),
    })
    await sender.send(loadMessage(live('first', 'first'), { n: 0, firstRow: 0, rows: 1 }))
    process.env.GOLDPAN_HTTP_ESTIMATE_LISTEN = '127.0.0.1:0'
    process.env.GOLDPAN_BUS_CREATE_TOPICS = 'false'
    const from = ['--from', `kafka://${broker.plain}`, '--group', randomUUID()]
    estimator = startProcess(process.execPath, [
      ...[cli, 'estimate', ...from, '--warehouse', warehouseUrl],
    ])
    await estimator.waitFor(/"estimating"/, 15_000)
    url = /"health":"([^"]+)"/.exec(estimator.output())![1]!
  }, 60_000)

  afterAll(async () => {
    await estimator?.stop('SIGTERM')
    await sender?.close()
    await warehouse?.close()
    await server.kill()
    await broker?.close()
    rmSync(folder, { recursive: true, force: true })
  })

  const live = (sensor: string, service: string) => ({
    ...{ source: { service, site: 'ams', sensor }, boot: randomUUID() },
    ...{ startMicros: 1_780_000_000e6, microsPerRow: 1000 },
  })
  const settled = async (sql: string, wanted: number): Promise<number> => {
    for (let tries = 0; ; tries++) {
      const [row] = await warehouse.query<{ n: number }>(`SELECT toFloat64((${sql})) AS n`)
      if (row!.n === wanted || tries > 150) return row!.n
      await delay(100)
    }
  }
  /** The value of a counter when it is what is wanted, or at last. */
  const counted = async (line: string, wanted: number): Promise<number> => {
    for (let tries = 0; ; tries++) {
      const text = await (await fetch(new URL('/metrics', url))).text()
      const found = text.split('\n').find((one) => one.startsWith(`goldpan_estimate_${line} `))
      const value = Number(found?.split(' ')[1] ?? 0)
      if (value === wanted || tries > 50) return value
      await delay(100)
    }
  }
  const dead = (reason: string): string =>
    `dead_letters_total{topic="goldpan.handshakes.v1",stage="batch",reason="${reason}"}`
  const send = async (...messages: BusMessage[]): Promise<void> => {
    for (const message of messages) await sender.send(message)
  }

  it('costs a letter its copy where it is too large for the topic, and copies others', async () => {
    await estimator.waitFor(/dead letters are not copied/, 10_000)
    const admin = kafka.admin()
    await admin.connect()
    const configEntries = [{ name: 'max.message.bytes', value: String(narrowBytes) }]
    await admin.createTopics({ topics: [{ topic: deadLetterTopic, configEntries }] })
    await admin.disconnect()
    const service = randomUUID()
    const good = loadMessage(live('x', service), { n: 0, firstRow: 0, rows: 2000 })
    const version = { ...good, value: Buffer.from(good.value) }
    version.value.write('v2', version.value.indexOf('goldpan.handshakes.v1') + 19)
    await send(version, { ...good, value: Buffer.from('no arrow') }, good)
    const rows = `SELECT count() FROM handshakes WHERE service = '${service}'`
    expect(await settled(rows, 2000)).toBe(2000)
    const letters = `SELECT count() FROM dead_letters WHERE source = '${service}/ams/x'`
    expect(await settled(letters, 2)).toBe(2)
    expect(await counted(dead('wrong_version'), 1)).toBe(1)
    expect(await counted('dead_letters_not_copied_total{stage="letter",reason="refused"}', 1)).toBe(
      1,
    )
    const [row] = await warehouse.query<{ at: string; bus: string }>(
      `SELECT toString(bus_offset) AS at, toString(bus_partition) AS bus FROM dead_letters
       WHERE reason = 'not_arrow' AND source = '${service}/ams/x'`,
    )
    const { headers } = await firstLetter(kafka)
    const texts = Object.entries(headers!).map(([name, value]) => [name, String(value)])
    expect(Object.fromEntries(texts)).toEqual({
      ...{ reason: 'not_arrow', topic: 'goldpan.handshakes.v1', bytes: '8' },
      ...{ partition: row!.bus, offset: row!.at, arrived: expect.stringMatching(/^\d{13}$/) },
    })
  }, 30_000)

  const list = (...words: string[]) =>
    spawnSync(
      process.execPath,
      [cli, 'deadletters', '--from', `kafka://${broker.plain}`, ...words],
      { encoding: 'utf8' },
    )

  it('lists what lies on the topic, and keeps no group there', async () => {
    const [letter] = JSON.parse(list('--format', 'json').stdout)
    expect(letter).toEqual({
      ...{ reason: 'not_arrow', topic: 'goldpan.handshakes.v1', bytes: 8, whole: false },
      ...{ time: expect.stringMatching(/^20\d\d-.*Z$/), partition: expect.any(Number) },
      ...{ offset: expect.any(Number), sensor: expect.stringMatching(/\/ams\/x$/) },
    })
    const { stdout } = list('--since', '1h', '--reason', 'not_arrow')
    expect(stdout).toMatch(/^time +reason +topic +partition +offset +sensor +bytes +held\n20/)
    expect(stdout).toMatch(
      / not_arrow +goldpan\.handshakes\.v1 .* 8 {2}place\n\n1 dead letters: 1 /,
    )
    expect(list('--reason', 'wrong_key').stdout).toBe('no dead letters\n')
    const admin = kafka.admin()
    await admin.connect()
    const { groups } = await admin.listGroups()
    await admin.disconnect()
    expect(groups.filter(({ groupId }) => groupId.startsWith('goldpan-reader'))).toEqual([])
  })

  it('costs letters their copies where the topic is missing, says it once, goes on', async () => {
    const admin = kafka.admin()
    await admin.connect()
    await admin.deleteTopics({ topics: [deadLetterTopic] })
    await admin.disconnect()
    const { status, stderr } = list()
    expect([status, stderr]).toEqual([
      1,
      expect.stringMatching(/no topic goldpan\.deadletters\.v1/),
    ])
    const service = randomUUID()
    const load = live('x', service)
    const rows = `SELECT count() FROM handshakes WHERE service = '${service}'`
    for (const n of [0, 1, 2]) {
      const good = loadMessage(load, { n, firstRow: n * 10, rows: 10 })
      await send({ ...good, value: Buffer.from('no arrow') }, good)
      expect(await settled(rows, (n + 1) * 10)).toBe((n + 1) * 10)
    }
    const letters = `SELECT count() FROM dead_letters WHERE source = '${service}/ams/x'`
    expect(await settled(letters, 3)).toBe(3)
    expect(await counted(dead('not_arrow'), 4)).toBe(4)
    const notCopied = (reason: string): string =>
      `dead_letters_not_copied_total{stage="letter",reason="${reason}"}`
    expect(await counted(notCopied('missing'), 1)).toBe(1)
    expect(await counted(notCopied('not_tried'), 2)).toBe(2)
    expect(await counted(notCopied('late'), 0)).toBe(0)
    // At its start, and here.
    expect(estimator.output().match(/dead letters are not copied/g)!.length).toBe(2)
  }, 30_000)
})

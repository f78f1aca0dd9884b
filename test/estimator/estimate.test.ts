import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createTrafficBatch } from '@goldpan/core'
import type { BusMessage } from '@goldpan/runtime'
import { createKafkaSender, type KafkaSender, topicSettingsDefault } from '@goldpan/runtime/kafka'
import { openServerWarehouse, type Warehouse } from '@goldpan/warehouse'
import { encodeSensorStatus, encodeTraffic } from '@goldpan/wire'
import kafkajs from 'kafkajs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { missingBroker } from '../broker/broker-jars.ts'
import { keepingLog, readMessages } from '../broker/bus-reader.ts'
import { type SharedBroker, sharedBroker } from '../broker/shared-broker.ts'
import { Conversation, pcapOf } from '../captures/conversation.ts'
import { type OwnProcess, startProcess } from '../integration/own-process.ts'
import { loadMessage } from './bus-load.ts'
import { WarehouseServer } from './warehouse-server.ts'

const missing = missingBroker()
const cli = fileURLToPath(new URL('../../cli/src/main.ts', import.meta.url))
const startMicros = 1_780_000_000e6
const live = (sensor: string, service: string) => ({
  ...{ source: { service, site: 'ams', sensor }, boot: randomUUID() },
  ...{ startMicros, microsPerRow: 1000 },
})

/** Four batches that claim much: 100 MB in each compression, and more records than are taken. */
async function sendBombs(broker: string, key: string): Promise<void> {
  const kafka = new kafkajs.Kafka({ brokers: [broker], logLevel: kafkajs.logLevel.NOTHING })
  const producer = kafka.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner })
  await producer.connect()
  const topic = 'goldpan.handshakes.v1'
  const { GZIP, LZ4, ZSTD } = kafkajs.CompressionTypes
  const value = Buffer.alloc(100e6)
  for (const compression of [GZIP, LZ4, ZSTD]) {
    await producer.send({ topic, compression, messages: [{ key, value }] })
  }
  const messages = Array.from({ length: 20_000 }, () => ({ key, value: 'x' }))
  await producer.send({ topic, compression: ZSTD, messages })
  await producer.disconnect()
}

const longRows = 30_000
const longRtt = (row: number): number => 5_000 + ((row * 7919) % 100_000)
const longMicros = Array.from({ length: longRows }, (_, row) => longRtt(row)).reduce(
  (sum, micros) => sum + micros,
)

/** Two days of handshakes, each with a query over UDP: messages of an hour each. */
function longCapture(): Uint8Array {
  const frames = Array.from({ length: longRows }, (_, row) => {
    const start = row * 6e6
    return new Conversation({ clientPort: 1024 + (row % 60_000), clientIsn: row, serverIsn: row })
      .udpQuery(start)
      .syn(start + 10)
      .synack(start + 50)
      .ack(start + 50 + longRtt(row)).frames
  })
  return pcapOf(frames.flat())
}

describe.skipIf(missing)(
  `goldpan estimate between real brokers and tables ${missing ?? ''}`,
  () => {
    const folder = mkdtempSync(join(tmpdir(), 'goldpan-estimate-'))
    const server = new WarehouseServer(join(folder, 'warehouse'))
    const networks = join(folder, 'networks.csv')
    const sites = join(folder, 'sites.csv')
    const sitesHead = 'code,city,country,latitude,longitude,reach\n'
    let broker: SharedBroker
    let sender: KafkaSender
    let warehouse: Warehouse
    let estimator: OwnProcess

    beforeAll(async () => {
      writeFileSync(networks, 'prefix,asn,name,country\n10.0.0.0/8,64500,Ten,NL\n')
      writeFileSync(sites, `${sitesHead}ams,Amsterdam,NL,52,5,local\nsyd,Sydney,AU,-34,151,\n`)
      broker = await sharedBroker()
      await server.start()
      const opened = await openServerWarehouse({ url: `http://default@127.0.0.1:${server.port}` })
      if (!opened.ok) throw new Error(opened.error.message)
      warehouse = opened.value
      sender = createKafkaSender({
        ...{ brokers: [broker.plain], topics: topicSettingsDefault, compression: 'zstd' },
        log: keepingLog(),
      })
      const from = ['--from', `kafka://${broker.plain}`, '--group', randomUUID()]
      const to = ['--warehouse', `http://default@127.0.0.1:${server.port}`, '--networks', networks]
      process.env.GOLDPAN_HTTP_ESTIMATE_LISTEN = 'off'
      const places = ['--sites', sites]
      estimator = startProcess(process.execPath, [cli, 'estimate', ...from, ...to, ...places])
    })

    afterAll(async () => {
      await estimator?.stop('SIGTERM')
      await sender?.close()
      await warehouse?.close()
      await server.kill()
      rmSync(folder, { recursive: true, force: true })
    })

    const count = async (sql: string): Promise<number> => {
      const rows = await warehouse.query<{ n: number }>(`SELECT toFloat64(${sql}) AS n`)
      return rows[0]!.n
    }
    /** Resolves when the query gives what is wanted, or at last, whatever it gives. */
    const settled = async (sql: string, wanted: number): Promise<number> => {
      for (let tries = 0; ; tries++) {
        const got = await count(sql)
        if (got === wanted || tries > 150) return got
        await new Promise((resolve) => setTimeout(resolve, 100))
      }
    }
    const send = async (...messages: BusMessage[]): Promise<void> => {
      await Promise.all(messages.map((message) => sender.send(message)))
    }

    it('puts rows of several sensors into the table and its rollups, enriched', async () => {
      const service = randomUUID()
      for (const sensor of ['x', 'y', 'z']) {
        const load = live(sensor, service)
        await send(
          ...[0, 1, 2, 3].map((n) => loadMessage(load, { n, firstRow: n * 500, rows: 500 })),
        )
      }
      const mine = `FROM handshakes WHERE service = '${service}'`
      expect(await settled(`(SELECT count() ${mine})`, 6000)).toBe(6000)
      expect(await count(`(SELECT countIf(asn = 64500 AND country = 'NL') ${mine})`)).toBe(3000)
      expect(await count(`(SELECT uniqExact(sensor) ${mine})`)).toBe(3)
      expect(await count(`(SELECT uniqExact(ingress) ${mine})`)).toBe(2)
      const rollup = `(SELECT sum(handshakes) FROM rtt_by_site_1m WHERE service = '${service}')`
      expect(await settled(rollup, 6000)).toBe(6000)
    })

    it('takes each row of a file once, though its sensor was killed within it', async () => {
      const service = randomUUID()
      const file = join(folder, 'long.pcap')
      writeFileSync(file, longCapture())
      const capture = (site: string) => {
        const from = ['capture', '-r', file, '--service', service, '--site', site]
        const words = [...from, '--sensor', 's', '--to', `kafka://${broker.plain}`]
        return startProcess(process.execPath, [cli, ...words])
      }
      const killed = capture('ams')
      const sent = await readMessages(broker.plain, 'goldpan.handshakes.v1', { service, count: 1 })
      await killed.stop('SIGKILL')
      expect([sent.length > 0, killed.output()]).toEqual([true, expect.not.stringMatching(/sent/)])
      const rows = `SELECT count() FROM handshakes WHERE service = '${service}'`
      expect(await settled(`((${rows}) > 0)`, 1)).toBe(1)
      const again = capture('ams')
      const whole = capture('fra')
      expect([await again.finished(30_000), await whole.finished(30_000)]).toEqual([0, 0])
      expect(await settled(`(${rows})`, 2 * longRows)).toBe(2 * longRows)
      const ofSite = (site: string): Promise<object[]> =>
        warehouse.query(
          `SELECT count() AS n, uniqExact(time) AS times, sum(rtt_us) AS micros,
             sum(cityHash64(time, prefix, server, rtt_us, accept_us, hops, flags)) AS all,
             (SELECT sum(handshakes) FROM rtt_by_site_1m WHERE service = {service:String}
               AND site = {site:String}) AS rolled,
             (SELECT (sum(udp_queries), sum(tcp_queries), sum(handshakes), count()) FROM traffic
               WHERE service = {service:String} AND site = {site:String}) AS traffic
           FROM handshakes WHERE service = {service:String} AND site = {site:String}`,
          { service, site },
        )
      await settled(
        `(SELECT sum(udp_queries) FROM traffic WHERE service = '${service}')`,
        2 * longRows,
      )
      const truth = { n: longRows, times: longRows, rolled: longRows, micros: longMicros }
      expect(await ofSite('ams')).toMatchObject([truth])
      expect(await ofSite('ams')).toEqual(await ofSite('fra'))
    }, 60_000)

    it('reads its networks again at SIGHUP', async () => {
      const service = randomUUID()
      writeFileSync(networks, 'prefix,asn,name,country\n10.0.0.0/8,64999,New,BE\n')
      estimator.signal('SIGHUP')
      await estimator.waitFor(/"networks".*"reloaded"/, 5000)
      await send(loadMessage(live('x', service), { n: 0, firstRow: 0, rows: 500 }))
      const mine = `FROM handshakes WHERE service = '${service}'`
      expect(await settled(`(SELECT count() ${mine})`, 500)).toBe(500)
      expect(await count(`(SELECT countIf(asn = 64999 AND country = 'BE') ${mine})`)).toBe(250)
      expect(await count(`(SELECT countIf(asn = 64500) ${mine})`)).toBe(0)
    })

    it('says which site vanished from its file, and keeps what was known of it', async () => {
      const known = `(SELECT count() FROM sites FINAL WHERE code = 'ams' AND reach = 'local')`
      expect(await count(known)).toBe(1)
      writeFileSync(sites, `${sitesHead}syd,Sydney,AU,-34,151,\n`)
      estimator.signal('SIGHUP')
      await estimator.waitFor(
        /"sites":"ams","message":"sites stand no longer in the file of --sites: what is known/,
        5000,
      )
      expect(await count(known)).toBe(1)
    })

    it('takes rows that were sent again, and a file that has grown, once', async () => {
      const service = randomUUID()
      const load = live('x', service)
      const whole = loadMessage(load, { n: 0, firstRow: 0, rows: 300 })
      const grown = loadMessage(load, { n: 0, firstRow: 0, rows: 450 })
      const after = loadMessage(load, { n: 1, firstRow: 450, rows: 50 })
      await send(whole, whole)
      const rows = `(SELECT count() FROM handshakes WHERE service = '${service}')`
      expect(await settled(rows, 300)).toBe(300)
      await send(grown, after, whole)
      expect(await settled(rows, 500)).toBe(500)
      const times = `(SELECT uniqExact(time) FROM handshakes WHERE service = '${service}')`
      expect(await count(times)).toBe(500)
    })

    it('takes traffic and heartbeats too', async () => {
      const service = randomUUID()
      const { source, boot } = live('x', service)
      const batch = createTrafficBatch(1)
      batch.length = 1
      batch.minuteSeconds[0] = startMicros / 1e6 - ((startMicros / 1e6) % 60)
      batch.udpQueries[0] = 7
      batch.samplingRate[0] = 1
      batch.present[0] = 3
      batch.prefix.set([0xff, 0xff, 10, 0, 1], 10)
      const meta = { ...source, boot, firstRow: 0 }
      const status = {
        ...{ timeMicros: startMicros, final: false, packets: 1, bytes: 60, handshakes: 1 },
        ...{ counters: {}, pending: 0, version: '0' },
      }
      const common = { source, boot, n: 0, firstRow: 0, rows: 1 }
      await send(
        { ...common, topic: 'goldpan.traffic.v1', value: encodeTraffic(batch, meta) },
        { ...common, topic: 'goldpan.sensors.v1', value: encodeSensorStatus([status], meta) },
      )
      const from = (table: string) => `(SELECT count() FROM ${table} WHERE service = '${service}')`
      expect(await settled(from('traffic'), 1)).toBe(1)
      expect(await settled(from('sensor_status'), 1)).toBe(1)
    })

    it('lays aside what cannot be taken, by reason, and goes on', async () => {
      const service = randomUUID()
      const load = live('x', service)
      const good = loadMessage(load, { n: 0, firstRow: 0, rows: 10 })
      const version = { ...good, value: Buffer.from(good.value) }
      version.value.write('v2', version.value.indexOf('goldpan.handshakes.v1') + 19)
      const wide = loadMessage(
        { ...load, boot: 'wide', microsPerRow: 86_400e6 },
        { n: 0, firstRow: 0, rows: 50 },
      )
      const other = { ...good, source: { ...good.source, sensor: 'another' } }
      await send({ ...good, value: Buffer.from('no arrow') }, version, wide, other, good)
      const rows = `(SELECT count() FROM handshakes WHERE service = '${service}')`
      expect(await settled(rows, 10)).toBe(10)
      const letters = `(SELECT count() FROM dead_letters WHERE source LIKE '${service}/%')`
      expect(await settled(letters, 4)).toBe(4)
      const reasons = await warehouse.query<{ reason: string }>(
        'SELECT reason FROM dead_letters WHERE source LIKE {like:String} ORDER BY reason',
        { like: `${service}/%` },
      )
      expect(reasons.map(({ reason }) => reason)).toEqual([
        ...['not_arrow', 'too_many_days', 'wrong_key', 'wrong_version'],
      ])
    })

    it('lays aside a batch that inflates too far as one letter, and goes on', async () => {
      const service = randomUUID()
      const good = loadMessage(live('x', service), { n: 0, firstRow: 0, rows: 10 })
      await sendBombs(broker.plain, `${service}/ams/x`)
      await send(good)
      const rows = `(SELECT count() FROM handshakes WHERE service = '${service}')`
      expect(await settled(rows, 10)).toBe(10)
      const letters = "(SELECT count() FROM dead_letters WHERE reason = 'batch_too_large')"
      expect(await settled(letters, 4)).toBe(4)
    })

    it('stops in the order of the data: what it took is there, and code 143 says why', async () => {
      const service = randomUUID()
      const load = live('x', service)
      await send(loadMessage(load, { n: 0, firstRow: 0, rows: 100 }))
      await settled(`(SELECT count() FROM handshakes WHERE service = '${service}')`, 100)
      const ended = estimator.finished(15_000)
      await estimator.stop('SIGTERM')
      expect(await ended).toBe(143)
    })
  },
)

import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { formatWarehouseTime } from '@goldpan/warehouse'
import { type EmbeddedWarehouse, openEmbeddedWarehouse } from '@goldpan/warehouse-embedded'
import kafkajs, { type Kafka } from 'kafkajs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Broker, startBroker } from '../broker/broker.ts'
import { missingBroker } from '../broker/broker-jars.ts'
import { testUser } from '../broker/broker-properties.ts'
import { doctorIn } from './run-doctor.ts'

const shiftClock = fileURLToPath(new URL('./shift-clock.ts', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'goldpan-doctor-'))

const doctor = doctorIn(folder)

afterAll(() => rmSync(folder, { recursive: true }))

const missing = missingBroker()
describe.skipIf(missing)(`the doctor at the bus ${missing ?? ''}`, () => {
  let broker: Broker
  let bus: readonly string[]
  let kafka: Kafka
  beforeAll(async () => {
    broker = await startBroker()
    kafka = new kafkajs.Kafka({ brokers: [broker.plain], logLevel: kafkajs.logLevel.NOTHING })
    bus = ['--bus', `kafka://${broker.plain}`]
  })
  afterAll(() => broker.close())

  const sasl = (password: string) => {
    const file = join(folder, 'bus-password')
    writeFileSync(file, password, { mode: 0o600 })
    return {
      GOLDPAN_BUS_SASL_MECHANISM: 'scram-sha-256',
      GOLDPAN_BUS_SASL_USERNAME: testUser.username,
      GOLDPAN_BUS_SASL_PASSWORD_FILE: file,
    }
  }

  it('names the credentials when the password is wrong, and does not tell it', async () => {
    const words = ['--bus', `kafka://${broker.sasl}`]
    const { stopsAt, text, passed } = await doctor(words, { env: sasl('a-wrong-secret') })
    expect({ stopsAt, passed }).toEqual({ stopsAt: 'credentials', passed: ['broker'] })
    expect(text).toMatch(/does not let the user sensor in/)
    expect(text).not.toContain('a-wrong-secret')
    const right = await doctor(words, { env: sasl(testUser.password) })
    expect(right.stopsAt).toBe('topics')
  })

  it('names the broker when its certificate is not trusted', async () => {
    const { stopsAt, text } = await doctor(['--bus', `kafka+tls://${broker.saslTls}`])
    expect(stopsAt).toBe('broker')
    expect(text).toMatch(/certificate .* is not trusted .*bus\.ca_file/)
  })

  it('names exactly the topic that is missing', async () => {
    const admin = kafka.admin()
    await admin.connect()
    const names = ['goldpan.handshakes.v1', 'goldpan.traffic.v1', 'goldpan.sensors.v1']
    const said = async () => {
      const { code, stopsAt, text, passed } = await doctor(bus)
      return { code, stopsAt, passed, missing: /has no topic ([\w., ]+)/.exec(text)?.[1] }
    }
    const stopped = { code: 1, stopsAt: 'topics', passed: ['broker', 'credentials'] }
    expect(await said()).toEqual({ ...stopped, missing: names.join(', ') })
    await admin.createTopics({ topics: names.map((topic) => ({ topic })), waitForLeaders: true })
    for (const topic of names) {
      await admin.deleteTopics({ topics: [topic] })
      expect(await said()).toEqual({ ...stopped, missing: topic })
      await admin.createTopics({ topics: [{ topic }], waitForLeaders: true })
    }
    await admin.disconnect()
  })

  it('notes that the topic of dead letters alone is missing, as data pass without it', async () => {
    const { stopsAt, text, passed, stages } = await doctor(bus)
    expect({ stopsAt, passed }).toEqual({
      stopsAt: 'estimator',
      passed: ['broker', 'credentials', 'topics'],
    })
    expect(text).toMatch(/no estimator is in the group/)
    const notes = JSON.stringify(stages.find(({ stage }) => stage === 'topics'))
    expect(notes).toMatch(/"the bus has no topic goldpan\.deadletters\.v1: an estimator makes it/)
    expect(notes.match(/no topic/g)!.length).toBe(1)
  })

  it('names the estimator when one is in the group and stands still', async () => {
    const topic = 'goldpan.handshakes.v1'
    const producer = kafka.producer()
    await producer.connect()
    await producer.send({ topic, messages: [{ value: 'one' }] })
    await producer.disconnect()
    const consumer = kafka.consumer({ groupId: 'goldpan-estimator' })
    await consumer.connect()
    await consumer.subscribe({ topic })
    const joined = new Promise((resolve) => consumer.on('consumer.group_join', resolve))
    await consumer.run({ autoCommit: false, eachMessage: async () => undefined })
    await joined
    const { stopsAt, text } = await doctor(bus)
    await consumer.disconnect()
    expect(stopsAt).toBe('estimator')
    expect(text).toMatch(
      /did not move on goldpan\.handshakes\.v1 partition 0 in 1 s, 1 messages wait/,
    )
  })

  it('names the broker when it is away', async () => {
    await broker.stop()
    const { stopsAt, passed } = await doctor(bus)
    expect({ stopsAt, passed }).toEqual({ stopsAt: 'broker', passed: [] })
    await broker.start()
  })
})

describe('the doctor at the warehouse', () => {
  let engine: EmbeddedWarehouse
  let url: string
  beforeAll(async () => {
    const opened = await openEmbeddedWarehouse({ folder: join(folder, 'warehouse') })
    if (!opened.ok) throw new Error(opened.error.message)
    engine = opened.value
    url = `http://default@127.0.0.1:${await engine.serve(0)}`
  })
  afterAll(() => engine.close())

  /** A heartbeat of a sensor whose clock is off by some seconds. */
  async function hear(sensor: string, offSeconds: number): Promise<void> {
    const time = formatWarehouseTime((Date.now() + offSeconds * 1000) * 1000)
    const row = { service: 'ns1.example', site: 'ams', sensor, time, final: false }
    await engine.insertRows('sensor_status', [row], `${sensor}/${time}`)
  }

  it('names the warehouse when it is away', async () => {
    const { stopsAt } = await doctor(['--warehouse', 'http://default@127.0.0.1:1'])
    expect(stopsAt).toBe('warehouse')
  })

  it('names the warehouse when the password is wrong, and does not tell it', async () => {
    const port = await engine.serve(0, { estimator: 'sesame' })
    const file = join(folder, 'warehouse-password')
    writeFileSync(file, 'a-wrong-secret', { mode: 0o600 })
    const env = { GOLDPAN_WAREHOUSE_PASSWORD_FILE: file }
    const words = ['--warehouse', `http://estimator@127.0.0.1:${port}`]
    const { code, stopsAt, text } = await doctor(words, { env })
    expect({ code, stopsAt }).toEqual({ code: 1, stopsAt: 'warehouse' })
    expect(text).toMatch(/does not let in the user estimator/)
    expect(text).not.toContain('a-wrong-secret')
  })

  it('names the rows when no sensor has reported', async () => {
    const { stopsAt, passed } = await doctor(['--warehouse', url])
    expect({ stopsAt, passed }).toEqual({
      stopsAt: 'rows',
      passed: ['warehouse', 'migrations', 'disk', 'clock'],
    })
  })

  it('passes when a sensor has reported just now', async () => {
    await hear('one', -3)
    const { code, stopsAt, passed } = await doctor(['--warehouse', url])
    expect({ code, stopsAt }).toEqual({ code: 0, stopsAt: null })
    expect(passed).toContain('rows')
  })

  it('notes what cannot be found because no network is known', async () => {
    const minute = Math.floor(Date.now() / 60_000) - 1
    const state = { service: 'ns1.example', minute, digest: '', watcher: 'test', state: '' }
    await engine.insertRows('analyzer_states', [state], 'state')
    expect((await doctor(['--warehouse', url])).text).toMatch(/"notes":\[\]/)
    const handshake = { service: 'ns1.example', site: 'ams', sensor: 'one', ip_version: 4 }
    const time = formatWarehouseTime((Date.now() - 5000) * 1000)
    await engine.insertRows('handshakes', [{ ...handshake, time, prefix: '::ffff:192.0.2.0' }], 'h')
    const { code, text } = await doctor(['--warehouse', url])
    expect(code).toBe(0)
    expect(text).toMatch(
      /neither network nor country is known of all 1 client prefixes: nothing can/,
    )
  })

  it('names the clock when this host is an hour ahead', async () => {
    const env = { GOLDPAN_TEST_CLOCK_MILLIS: '3600000' }
    const { stopsAt, text } = await doctor(['--warehouse', url], {
      env,
      node: ['--import', shiftClock],
    })
    expect(stopsAt).toBe('clock')
    expect(text).toMatch(/this host's clock is 3600\.\d s ahead of the warehouse's/)
  })

  it('names the clock when a sensor is an hour ahead', async () => {
    await hear('two', 3600)
    const { stopsAt, text } = await doctor(['--warehouse', url])
    expect(stopsAt).toBe('clock')
    expect(text).toMatch(/the clock of the sensor ns1\.example\/ams\/two is 3[56]\d\d s ahead/)
  })
})

/** Root may mount a small file system, which is then really full. */
const cannotMount =
  process.getuid?.() !== 0 || spawnSync('mount', ['--version']).status !== 0
    ? 'needs root to mount a small file system'
    : undefined

describe.skipIf(cannotMount && !process.env.CI)(`a full warehouse ${cannotMount ?? ''}`, () => {
  it('is named by the doctor', async () => {
    const small = mkdtempSync(join(tmpdir(), 'goldpan-small-'))
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=400m', 'tmpfs', small])
    expect(mounted.status).toBe(0)
    try {
      const opened = await openEmbeddedWarehouse({ folder: join(small, 'warehouse') })
      if (!opened.ok) throw new Error(opened.error.message)
      const words = ['--warehouse', `http://default@127.0.0.1:${await opened.value.serve(0)}`]
      const before = await doctor(words)
      expect(before.stopsAt).toBe('rows')
      spawnSync('dd', ['if=/dev/zero', `of=${join(small, 'ballast')}`, 'bs=1M'])
      const { stopsAt, text } = await doctor(words)
      expect(stopsAt).toBe('disk')
      expect(text).toMatch(/the warehouse is full: disk \w+ has 0\.00 GB of 0\.42 GB free/)
      rmSync(join(small, 'ballast'))
      await opened.value.close()
    } finally {
      spawnSync('umount', [small])
      rmSync(small, { recursive: true })
    }
  })
})

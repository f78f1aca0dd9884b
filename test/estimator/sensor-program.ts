/**
 * A sensor that reads the same file again after it was killed: it sends the rows of one boot from
 * the first on, cut into messages at random, and ends when all are acknowledged.
 *
 *     node test/estimator/sensor-program.ts '{"brokers":["127.0.0.1:9092"],…}'
 */

import { setTimeout as delay } from 'node:timers/promises'
import { createLog } from '@goldpan/runtime'
import { createKafkaSender, topicSettingsDefault } from '@goldpan/runtime/kafka'
import { createRandom } from '../../packages/simulator/src/random.ts'
import { loadMessage } from './bus-load.ts'

export interface SensorPlan {
  readonly brokers: readonly string[]
  readonly service: string
  readonly sensor: string
  readonly rows: number
  readonly rowsPerMessage: number
  /** Cuts of this run; another run of the same boot cuts elsewhere. */
  readonly seed: number
  readonly startMicros: number
  readonly microsPerRow: number
  /** Pause after each message. */
  readonly pauseMillis: number
  /** Of so many messages one is no Arrow; 0: none. */
  readonly poisonEvery: number
}

const plan = JSON.parse(process.argv[2]!) as SensorPlan
const random = createRandom(plan.seed, plan.sensor)
const source = { service: plan.service, site: 'ams', sensor: plan.sensor }
const boot = `${plan.service}-${plan.sensor}`
const { startMicros, microsPerRow } = plan
const sender = createKafkaSender({
  ...{ brokers: plan.brokers, topics: topicSettingsDefault, compression: 'zstd' },
  log: createLog({ level: 'error', component: 'sensor' }),
})
const sends: Promise<void>[] = []
let n = 0
for (let firstRow = 0; firstRow < plan.rows; n++) {
  const rows = Math.min(1 + random.integer(2 * plan.rowsPerMessage), plan.rows - firstRow)
  const load = { source, boot, startMicros, microsPerRow }
  const message = loadMessage(load, { n, firstRow, rows })
  if (plan.poisonEvery > 0 && random.integer(plan.poisonEvery) === 0) {
    sends.push(sender.send({ ...message, value: Buffer.from('not what it should be') }))
  }
  sends.push(sender.send(message))
  firstRow += rows
  await delay(plan.pauseMillis)
}
await Promise.all(sends)
await sender.close()

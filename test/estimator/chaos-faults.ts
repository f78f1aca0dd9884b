import { setTimeout as delay } from 'node:timers/promises'
import type { Random } from '../../packages/simulator/src/random.ts'
import type { Fault } from '../warehouse/fault-proxy.ts'
import { type ChaosLine, sessionMillis } from './chaos-line.ts'
import type { RunningSensor } from './chaos-round.ts'

export interface FaultScene {
  readonly line: ChaosLine
  readonly sensors: readonly RunningSensor[]
  readonly random: Random
  /** Longest time that something stands still; early rounds are short. */
  readonly stillMillisMax: number
}

const between = (random: Random, min: number, max: number): number =>
  min + random.integer(Math.max(max - min, 1))

/** Requests of the estimators that change something. */
const isInsert = (query: string): boolean => /^\s*INSERT/i.test(query)

function planned(fault: Fault, count: number) {
  return async ({ line, random }: FaultScene): Promise<void> => {
    line.proxy.plan(Array(1 + random.integer(count)).fill(fault), isInsert)
    await delay(between(random, 200, 1500))
  }
}

function forAWhile(fault: Fault) {
  return async ({ line, random, stillMillisMax }: FaultScene): Promise<void> => {
    line.proxy.always(fault)
    await delay(between(random, 300, Math.min(stillMillisMax, 6_000)))
    line.proxy.always(undefined)
  }
}

const pickEstimator = ({ line, random }: FaultScene) =>
  line.estimators.length > 0 ? random.pick(line.estimators) : undefined

/** What happens to the line; each ends with all parts running again. */
export const faultKinds: Readonly<Record<string, (scene: FaultScene) => Promise<void>>> = {
  async 'sensor kill -9, file read again'({ sensors, random }) {
    await random.pick(sensors).killAndReadAgain()
  },
  async 'estimator kill -9'(scene) {
    const child = pickEstimator(scene)
    if (!child) return
    await scene.line.endEstimator(child, 'SIGKILL')
    await delay(between(scene.random, 0, 1000))
    scene.line.addEstimator()
  },
  async 'all estimators kill -9'({ line }) {
    const all = [...line.estimators]
    await Promise.all(all.map((child) => line.endEstimator(child, 'SIGKILL')))
    for (const _ of all) line.addEstimator()
  },
  async 'estimator SIGSTOP beyond its session'(scene) {
    const child = pickEstimator(scene)
    child?.kill('SIGSTOP')
    await delay(between(scene.random, sessionMillis / 2, sessionMillis * 2))
    child?.kill('SIGCONT')
  },
  async 'member joins, another leaves'(scene) {
    scene.line.addEstimator()
    await delay(between(scene.random, 500, 2000))
    const child = pickEstimator(scene)
    if (child) await scene.line.endEstimator(child, 'SIGTERM')
  },
  async 'broker kill -9 and start'({ line, random }) {
    await line.broker.stop('SIGKILL')
    await delay(between(random, 0, 1500))
    await line.broker.start()
  },
  async 'broker restart'({ line }) {
    await line.broker.stop('SIGTERM')
    await line.broker.start()
  },
  async 'broker SIGSTOP'({ line, random, stillMillisMax }) {
    line.broker.freeze()
    await delay(between(random, stillMillisMax / 4, stillMillisMax))
    line.broker.thaw()
  },
  async 'warehouse kill -9 and start'({ line, random }) {
    await line.warehouseServer.kill('SIGKILL')
    await delay(between(random, 0, 1000))
    await line.warehouseServer.start()
  },
  async 'warehouse SIGSTOP'({ line, random, stillMillisMax }) {
    line.warehouseServer.signal('SIGSTOP')
    await delay(between(random, 500, Math.min(stillMillisMax, 8_000)))
    line.warehouseServer.signal('SIGCONT')
  },
  'warehouse answers 503': forAWhile('unavailable'),
  'warehouse refuses connections': forAWhile('refuse'),
  'warehouse hangs': forAWhile('hang'),
  'insert hangs after it took effect': planned('hang-after', 2),
  'insert cut before it took effect': planned('cut-before', 6),
  'insert cut after it took effect': planned('cut-after', 6),
  'answer of an insert cut': planned('cut-answer', 6),
  'insert takes effect late': planned('late', 4),
  'memory limit of the warehouse': planned('memory', 4),
}

import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { createRandom, type Random } from '../../packages/simulator/src/random.ts'
import { faultKinds } from './chaos-faults.ts'
import type { ChaosLine } from './chaos-line.ts'

export interface RoundOptions {
  readonly number: number
  readonly seed: number
  readonly kinds: readonly string[]
  readonly sensors: number
  readonly rows: number
  readonly stillMillisMax: number
  /** A row that is not there so long after the last fault is lost, or a client stuck. */
  readonly settleMillisMax: number
}

export interface RoundResult {
  readonly wanted: number
  /** Rows in the table, different ones of them, and in each rollup. */
  readonly table: number
  readonly different: number
  readonly rollups: readonly number[]
  /** Seconds from the last fault until all was there. */
  readonly settleSeconds: number
  readonly isRight: boolean
}

const rowsPerMessage = 400
const loadMillis = 3_000

/** A sensor that may be killed, and then reads its file again. */
export class RunningSensor {
  readonly #line: ChaosLine
  readonly #plan: Parameters<ChaosLine['startSensor']>[0]
  #child: ChildProcess
  #runs = 1

  constructor(line: ChaosLine, plan: Parameters<ChaosLine['startSensor']>[0]) {
    this.#line = line
    this.#plan = plan
    this.#child = line.startSensor(plan)
  }

  async killAndReadAgain(): Promise<void> {
    const exit = once(this.#child, 'exit')
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      this.#child.kill('SIGKILL')
      await exit
    }
    this.#child = this.#line.startSensor({ ...this.#plan, seed: this.#plan.seed + this.#runs++ })
  }

  async finished(): Promise<void> {
    while (this.#child.exitCode === null) {
      if (this.#child.signalCode === null) await once(this.#child, 'exit')
      else await this.killAndReadAgain()
    }
    if (this.#child.exitCode !== 0) throw new Error('a sensor failed, see its log')
  }
}

/** Sends rows while something happens, and compares the warehouse with the truth. */
export async function runRound(line: ChaosLine, options: RoundOptions): Promise<RoundResult> {
  const random = createRandom(options.seed, String(options.number))
  const service = `round-${options.number}`
  const sensors = startSensors(line, options, random)
  await delay(random.integer(loadMillis))
  const scene = { line, sensors, random, stillMillisMax: options.stillMillisMax }
  await Promise.all(
    options.kinds.map(async (kind) => {
      await delay(random.integer(500))
      await faultKinds[kind]!(scene)
    }),
  )
  const faultsOver = performance.now()
  const wanted = options.sensors * options.rows
  const end = faultsOver + options.settleMillisMax
  await Promise.race([
    Promise.all(sensors.map((sensor) => sensor.finished())),
    delay(options.settleMillisMax, undefined, { ref: false }),
  ])
  while (performance.now() < end && (await countRows(line, service)) < wanted) await delay(100)
  const settleSeconds = (performance.now() - faultsOver) / 1000
  await line.proxy.settle()
  return { ...(await compareRound(line, options.number, wanted)), settleSeconds }
}

/** What the warehouse has of a round now, beside what it should have. */
export async function compareRound(
  line: ChaosLine,
  number: number,
  wanted: number,
): Promise<Omit<RoundResult, 'settleSeconds'>> {
  const service = `round-${number}`
  const [table, different] = (await readTable(line, service)) as [number, number]
  const rollups = await readRollups(line, service)
  const isRight = [table, different, ...rollups].every((rows) => rows === wanted)
  return { wanted, table, different, rollups, isRight }
}

function startSensors(line: ChaosLine, options: RoundOptions, random: Random): RunningSensor[] {
  const pauseMillis = Math.round(loadMillis / (options.rows / rowsPerMessage))
  return Array.from(
    { length: options.sensors },
    (_, index) =>
      new RunningSensor(line, {
        ...{ service: `round-${options.number}`, sensor: `sensor-${index}`, rows: options.rows },
        ...{ rowsPerMessage, seed: random.integer(2 ** 30), pauseMillis },
        startMicros: 1_780_000_000e6 + options.number * 60e6,
        microsPerRow: 500,
        poisonEvery: options.number % 3 === 0 ? 20 : 0,
      }),
  )
}

/** 0 while the warehouse cannot be asked. */
async function countRows(line: ChaosLine, service: string): Promise<number> {
  const rows = await line.warehouse
    .query<{ n: number }>(
      'SELECT toFloat64(count()) AS n FROM handshakes WHERE service = {service:String}',
      { service },
    )
    .catch(() => [])
  return rows[0]?.n ?? 0
}

async function readTable(line: ChaosLine, service: string): Promise<number[]> {
  const rows = await line.warehouse.query<{ all: number; different: number }>(
    `SELECT toFloat64(count()) AS all, toFloat64(uniqExact(sensor, time)) AS different
     FROM handshakes WHERE service = {service:String}`,
    { service },
  )
  return [rows[0]!.all, rows[0]!.different]
}

async function readRollups(line: ChaosLine, service: string): Promise<number[]> {
  const counts: number[] = []
  for (const table of ['rtt_by_site_1m', 'rtt_by_as_1m']) {
    const rows = await line.warehouse.query<{ n: number }>(
      `SELECT toFloat64(sum(handshakes)) AS n FROM ${table} WHERE service = {service:String}`,
      { service },
    )
    counts.push(rows[0]!.n)
  }
  return counts
}

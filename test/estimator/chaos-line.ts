import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, mkdtempSync, openSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { openServerWarehouse, type Warehouse } from '@goldpan/warehouse'
import { type Broker, startBroker } from '../broker/broker.ts'
import { type FaultProxy, startFaultProxy } from '../warehouse/fault-proxy.ts'
import type { SensorPlan } from './sensor-program.ts'
import { WarehouseServer } from './warehouse-server.ts'

const program = (path: string): string => fileURLToPath(new URL(path, import.meta.url))
const cli = program('../../cli/src/main.ts')
const sensor = program('./sensor-program.ts')

/** A session short enough that a stopped estimator loses its partitions within a round. */
export const sessionMillis = 3_000

const settings = {
  GOLDPAN_HTTP_ESTIMATE_LISTEN: 'off',
  GOLDPAN_ESTIMATE_SESSION_TIMEOUT: `${sessionMillis}ms`,
  GOLDPAN_ESTIMATE_STAND_STILL: '8s',
  GOLDPAN_WAREHOUSE_INSERT_TIMEOUT: '3s',
  GOLDPAN_WAREHOUSE_RETRY_TIMEOUT: '0s',
  GOLDPAN_LOG_LEVEL: 'info',
}

/** The whole distributed line on one machine, each part a process that may be killed. */
export class ChaosLine {
  readonly folder = mkdtempSync(join(tmpdir(), 'goldpan-chaos-'))
  readonly warehouseServer = new WarehouseServer(join(this.folder, 'warehouse'))
  readonly estimators: ChildProcess[] = []
  broker!: Broker
  proxy!: FaultProxy
  /** Reads past the faults. */
  warehouse!: Warehouse
  readonly #started = new Set<ChildProcess>()
  #log = 0

  async start(estimators: number): Promise<void> {
    const [broker] = await Promise.all([startBroker(), this.warehouseServer.start()])
    this.broker = broker
    const { port } = this.warehouseServer
    this.proxy = await startFaultProxy({ host: '127.0.0.1', port }, 1_500)
    await this.reopen()
    for (let count = 0; count < estimators; count++) this.addEstimator()
  }

  async reopen(): Promise<void> {
    const url = `http://default@127.0.0.1:${this.warehouseServer.port}`
    const opened = await openServerWarehouse({ url })
    if (!opened.ok) throw new Error(opened.error.message)
    this.warehouse = opened.value
  }

  /** Another member of the group; its log is in the folder. */
  addEstimator(): ChildProcess {
    const from = ['--from', `kafka://${this.broker.plain}`, '--group', 'chaos']
    const to = ['--warehouse', `http://default@127.0.0.1:${this.proxy.port}`]
    const child = this.#spawn([cli, 'estimate', ...from, ...to], 'estimator')
    this.estimators.push(child)
    // One that could not start, as the warehouse was away, is started again as a unit would.
    child.once('exit', (code) => {
      const index = this.estimators.indexOf(child)
      if (index < 0) return
      this.estimators.splice(index, 1)
      if (code !== null) setTimeout(() => this.addEstimator(), 500)
    })
    return child
  }

  /** Ends a member with a signal, and waits for its end. */
  async endEstimator(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
    const index = this.estimators.indexOf(child)
    if (index >= 0) this.estimators.splice(index, 1)
    if (child.exitCode !== null || child.signalCode !== null) return
    const exit = once(child, 'exit')
    child.kill('SIGCONT')
    child.kill(signal)
    await exit
  }

  startSensor(plan: Omit<SensorPlan, 'brokers'>): ChildProcess {
    const brokers = [this.broker.plain]
    return this.#spawn([sensor, JSON.stringify({ ...plan, brokers })], 'sensor')
  }

  #spawn(args: readonly string[], name: string): ChildProcess {
    const out = openSync(join(this.folder, `${name}-${this.#log++}.log`), 'a')
    const child = spawn(process.execPath, [...args], {
      stdio: ['ignore', out, out],
      env: { ...process.env, ...settings },
    })
    closeSync(out)
    this.#started.add(child)
    child.once('exit', () => this.#started.delete(child))
    return child
  }

  async close({ keep = false } = {}): Promise<void> {
    for (const child of [...this.estimators]) await this.endEstimator(child, 'SIGKILL')
    for (const child of this.#started) child.kill('SIGKILL')
    await this.warehouse?.close()
    await this.proxy?.close()
    await this.warehouseServer.kill()
    await this.broker?.close()
    if (!keep) rmSync(this.folder, { recursive: true, force: true })
  }
}

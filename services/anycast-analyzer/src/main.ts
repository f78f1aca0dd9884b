import { randomUUID } from 'node:crypto'
import { hostname } from 'node:os'
import { err, ok, type Result } from '@goldpan/core'
import { createLifecycle, createLog, createMetrics, serveHealth } from '@goldpan/runtime'
import {
  type ConfigOf,
  httpSection,
  logSection,
  readConfig,
  warehouseSection,
} from '@goldpan/runtime/config'
import type { Warehouse, WarehouseError } from '@goldpan/warehouse'
import { createWatchApp } from './app.ts'
import { watchSection } from './config.ts'
import { createWatchMetrics } from './metrics.ts'
import { checkWatchRights } from './watch-rights.ts'

export const watchSections = {
  warehouse: warehouseSection,
  watch: watchSection,
  http: httpSection,
  log: logSection,
}

export interface WatchInputs {
  /** The YAML file. */
  readonly file?: string | undefined
  readonly env: Readonly<Record<string, string | undefined>>
  readonly overrides: Readonly<Record<string, unknown>>
  readonly untilCaughtUp: boolean
  /** Opens the warehouse that the configuration names; tries that failed are told. */
  readonly openWarehouse: (
    config: ConfigOf<typeof watchSections>['warehouse'],
    onRetry: (error: WarehouseError) => void,
  ) => Promise<Result<Warehouse, { readonly message: string }>>
}

function readWatchConfig({ file, env, overrides }: WatchInputs) {
  const read = readConfig(watchSections, { file, env, overrides })
  return read.ok ? ok(read.value.config) : err(read.error.message)
}

/** Runs `goldpan watch` until it is stopped, or has caught up; the error is a sentence. */
export async function runWatch(inputs: WatchInputs): Promise<Result<number, string>> {
  const read = readWatchConfig(inputs)
  if (!read.ok) return read
  const { warehouse: wanted, watch, http, log: logging } = read.value
  const log = createLog({ level: logging.level, component: 'watch' })
  const opened = await inputs.openWarehouse(wanted, ({ message: reason }) =>
    log.warnRarely({ reason }, 'the warehouse did not take a statement, trying again'),
  )
  if (!opened.ok) return err(opened.error.message)
  const warehouse = opened.value
  const rights = await checkWatchRights(warehouse)
  if (!rights.ok) {
    await warehouse.close()
    return rights
  }
  const lifecycle = createLifecycle({ log, deadlineMillis: http.stop_deadline })
  const metrics = createMetrics({ component: 'watch' })
  const app = createWatchApp({
    ...{
      warehouse,
      where: wanted.url ?? 'of the last analysis',
      services: watch.services,
      everyMillis: watch.every,
    },
    ...{ minutesPerState: watch.catch_up, untilCaughtUp: inputs.untilCaughtUp, log },
    watcher: `${hostname()}/${randomUUID()}`,
    metrics: createWatchMetrics(metrics),
    stopping: lifecycle.stopping,
  })
  const listen = inputs.untilCaughtUp ? 'off' : http.watch_listen
  const health = await serveHealth({ listen, metrics, isReady: () => app.readiness() })
  if (!health.ok) {
    await warehouse.close()
    return err(health.error)
  }
  log.info({ warehouse: wanted.url, health: health.value.url }, 'watching')
  const running = app.run()
  lifecycle.onStop('round', () => running)
  lifecycle.onStop('health', () => health.value.close())
  lifecycle.onStop('warehouse', () => warehouse.close())
  void running.then((code) => lifecycle.stop(code))
  return ok(await lifecycle.untilStopped())
}

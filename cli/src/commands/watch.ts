import { runWatch } from '@goldpan/anycast-analyzer/main'
import { exitCode } from '../exit-code.ts'
import { openForSharing } from '../open-warehouse.ts'
import { complain } from '../standard-error.ts'
import { warehouseAccess } from '../warehouse-access.ts'

export interface WatchOptions {
  readonly warehouse?: string
  readonly service?: readonly string[]
  readonly config?: string
  readonly untilCaughtUp?: boolean
}

/** Runs the analyzer live over a warehouse. */
export async function run(options: WatchOptions): Promise<number> {
  const ended = await runWatch({
    file: options.config,
    env: process.env,
    overrides: { 'warehouse.url': options.warehouse, 'watch.services': options.service },
    untilCaughtUp: options.untilCaughtUp === true,
    openWarehouse: async (config, onRetry) => {
      const access = warehouseAccess(config)
      return access.ok ? openForSharing(config.url, { ...access.value, onRetry }) : access
    },
  })
  if (ended.ok) return ended.value
  complain(ended.error)
  return exitCode.failed
}

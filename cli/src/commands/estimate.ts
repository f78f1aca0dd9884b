import { err } from '@goldpan/core'
import { runEstimate } from '@goldpan/estimator/main'
import { findConfigFile } from '@goldpan/runtime/config'
import { exitCode } from '../exit-code.ts'
import { openForWriting } from '../open-warehouse.ts'
import { complain } from '../standard-error.ts'
import { warehouseAccess } from '../warehouse-access.ts'

export interface EstimateOptions {
  readonly from?: string
  readonly warehouse?: string
  readonly group?: string
  readonly networks?: readonly string[]
  readonly sites?: string
  readonly config?: string
}

/** Runs an estimator: bus to warehouse. */
export async function run(options: EstimateOptions): Promise<number> {
  const ended = await runEstimate({
    file: findConfigFile(options.config, process.env),
    env: process.env,
    overrides: {
      'bus.url': options.from,
      'warehouse.url': options.warehouse,
      'estimate.group': options.group,
      'estimate.networks': options.networks,
      'estimate.sites': options.sites,
    },
    openWarehouse: async (config, onRetry) => {
      if (config.url === undefined) {
        return err({ message: 'warehouse.url is not set: name the warehouse with --warehouse' })
      }
      // What an estimator reads is small: no answer for longer than an insert is none.
      const query_timeout = Math.min(config.query_timeout, config.insert_timeout)
      const access = warehouseAccess({ ...config, query_timeout })
      return access.ok ? openForWriting(config.url, { ...access.value, onRetry }) : access
    },
  })
  // Clients of the bus that were given up may hold the process; all that counts is written.
  if (ended.ok) process.exit(ended.value)
  complain(ended.error)
  return exitCode.failed
}

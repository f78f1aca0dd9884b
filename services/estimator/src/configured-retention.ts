import { err, ok, type Result } from '@goldpan/core'
import type { Log } from '@goldpan/runtime'
import { applyRetention, parseRetention, type Warehouse, WarehouseError } from '@goldpan/warehouse'

/**
 * Makes the warehouse forget rows as the configuration says; the error is a sentence. A user that
 * may only insert, as an estimator's should, leaves it as it is and says so.
 */
export async function applyConfiguredRetention(
  text: string | undefined,
  warehouse: Warehouse,
  log: Log,
): Promise<Result<undefined, string>> {
  if (text === undefined) return ok(undefined)
  const retention = parseRetention(text)
  if (!retention.ok) return err(`warehouse.retention: ${retention.error.message}`)
  try {
    const tables = await applyRetention(warehouse, retention.value)
    if (tables.length > 0) log.info({ tables, retention: text }, 'the retention was changed')
  } catch (error) {
    if (!(error instanceof WarehouseError)) throw error
    log.warn(
      { reason: error.message },
      'the retention is left as it is: goldpan migrate --retention sets it, as a user who may',
    )
  }
  return ok(undefined)
}

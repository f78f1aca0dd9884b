import { err, ok, type Result } from '@goldpan/core'
import { type Table, type Warehouse, WarehouseError } from '@goldpan/warehouse'

const read: readonly Table[] = ['handshakes', 'traffic', 'sensor_status', 'sites', 'migrations']
const written: readonly Table[] = ['analyzer_states', 'findings']

/**
 * Whether this user may do all that a round does, asked before the first one: a state without its
 * findings would be half a round. The error is a sentence.
 */
export async function checkWatchRights(warehouse: Warehouse): Promise<Result<undefined, string>> {
  let doing = ''
  try {
    for (const table of [...read, ...written]) {
      doing = `read ${table}`
      await warehouse.query(`SELECT 1 FROM ${table} LIMIT 0`)
    }
    for (const table of written) {
      doing = `write ${table}`
      // A block without rows changes nothing.
      await warehouse.insertRows(table, [], 'watch')
    }
  } catch (error) {
    // Any other trouble is that of the rounds, which try again.
    if (!(error instanceof WarehouseError) || error.code !== 'NO_RIGHTS') return ok(undefined)
    return err(
      `goldpan watch must ${doing}, and ${error.message}: its own user is goldpan_watch, with ` +
        'the role goldpan_analyzer; nothing was written',
    )
  }
  return ok(undefined)
}

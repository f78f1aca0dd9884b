import { WarehouseError } from '@goldpan/warehouse'
import { askWarehouse } from './ask-warehouse.ts'
import { flows, type Stage, stops, unseen } from './stage.ts'

/** What an estimator writes to. */
const written = ['handshakes', 'traffic', 'sensor_status', 'ingests', 'dead_letters'] as const

/** The estimator's user may insert: blocks without rows say so and change nothing. */
export const rightsStage: Stage = {
  name: 'rights',
  async look(context) {
    if (!context.isEstimatorHost) return unseen('no estimator is configured on this host')
    return askWarehouse(context, async (warehouse) => {
      for (const table of written) {
        try {
          await warehouse.insertRows(table, [], 'doctor')
        } catch (error) {
          if (!(error instanceof WarehouseError) || error.code !== 'NO_RIGHTS') throw error
          return stops(
            `the estimator's user may not insert into ${table} (${error.message})`,
            'name the user goldpan_estimator in warehouse.url, or GRANT goldpan_writer to this one',
          )
        }
      }
      return flows(`its user may insert into ${written.join(', ')}`)
    })
  },
}

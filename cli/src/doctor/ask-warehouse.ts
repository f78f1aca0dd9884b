import { type Warehouse, WarehouseError } from '@goldpan/warehouse'
import type { DoctorContext } from './context.ts'
import { unseen, type Verdict } from './stage.ts'

/** Asks the warehouse; what it does not answer (to this user) cannot be seen. */
export async function askWarehouse(
  context: DoctorContext,
  ask: (warehouse: Warehouse) => Promise<Verdict>,
): Promise<Verdict> {
  if (context.warehouseUrl === undefined) return unseen('no warehouse is configured')
  const opened = await context.openWarehouse()
  if (!opened.ok) return unseen(opened.error.message)
  try {
    return await ask(opened.value)
  } catch (error) {
    if (error instanceof WarehouseError) return unseen(error.message)
    throw error
  }
}

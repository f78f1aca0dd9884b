import type { Warehouse } from '@goldpan/warehouse'

/** Parts of one partition of a table above which ranges wait longer, so that merges catch up. */
const partsCalm = 100
/** A range waits at most so many times its usual age. */
const factorMax = 40

/** How much longer a range waits: with the square of the parts that are too many. */
export const waitFactor = (parts: number): number =>
  Math.min(Math.max(parts / partsCalm, 1) ** 2, factorMax)

/** The most active parts that a partition of ours has: too many of them are our fault. */
export async function readActiveParts(warehouse: Warehouse): Promise<number> {
  const rows = await warehouse.query<{ parts: number }>(
    `SELECT toUInt32(max(parts)) AS parts FROM
     (SELECT count() AS parts FROM system.parts
      WHERE active AND database = currentDatabase() GROUP BY table, partition)`,
  )
  return rows[0]?.parts ?? 0
}

import { readFileSync } from 'node:fs'
import { splitStatements } from './migrate.ts'

const [expression] = splitStatements(
  readFileSync(new URL('./queries/rtt-quantile.sql', import.meta.url), 'utf8'),
)

/**
 * SQL expression of a quantile over a histogram of RTTs, such as `sumMap(rtt_buckets)`: an array of
 * rtt_us, low_us, high_us (95 %) and n. `level` is an expression, too.
 */
export function rttQuantileSql(buckets: string, level: string): string {
  return expression!.replaceAll('{buckets}', buckets).replaceAll('{level}', level)
}

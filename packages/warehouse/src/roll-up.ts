import { readFileSync } from 'node:fs'
import type { Warehouse } from './warehouse.ts'

/** What a roll-up computed, as starts of hours and days, seconds since 1970. */
export interface RolledUp {
  readonly hours: readonly number[]
  readonly days: readonly number[]
}

/** Hours that one statement computes; an hour of raw rows may be long. */
const hoursPerStatement = 24

const sqlOf = (name: string): string =>
  readFileSync(new URL(`./queries/${name}.sql`, import.meta.url), 'utf8')

/**
 * Computes the hours and days whose minutes hold more handshakes than they do, if they ended by
 * `untilMicros` (packet time). The table that is compared is written last: what a kill left half is
 * computed again, and computing twice changes nothing.
 */
export async function rollUp(
  warehouse: Warehouse,
  { untilMicros = Number.POSITIVE_INFINITY }: { readonly untilMicros?: number } = {},
): Promise<RolledUp> {
  const untilSeconds = Math.min(Math.floor(untilMicros / 1e6), 0xff_ff_ff_ff)
  const stale = async (name: string): Promise<number[]> =>
    (await warehouse.query<{ start: number }>(sqlOf(name), { untilSeconds })).map(
      ({ start }) => start,
    )
  const hours = await stale('stale-hours')
  for (const hour of hours) {
    await warehouse.command(sqlOf('roll-up-prefix-1h'), { hour })
  }
  for (let at = 0; at < hours.length; at += hoursPerStatement) {
    const some = { starts: hours.slice(at, at + hoursPerStatement) }
    await warehouse.command(sqlOf('roll-up-as-1h'), some)
    await warehouse.command(sqlOf('roll-up-site-1h'), some)
  }
  const days = await stale('stale-days')
  for (const day of days) {
    await warehouse.command(sqlOf('roll-up-as-1d'), { starts: [day] })
    await warehouse.command(sqlOf('roll-up-site-1d'), { starts: [day] })
  }
  return { hours, days }
}

import { readFileSync } from 'node:fs'
import type { Warehouse } from './warehouse.ts'

/** What a roll-up computed, as starts of hours and days, seconds since 1970. */
export interface RolledUp {
  readonly hours: readonly number[]
  readonly days: readonly number[]
}

export interface RollUpOptions {
  /** Packet time by which an hour or a day must have ended; default: all that there is. */
  readonly untilMicros?: number
  /** Ends it after the statement that runs. */
  readonly signal?: AbortSignal
}

const sqlOf = (name: string): string =>
  readFileSync(new URL(`./queries/${name}.sql`, import.meta.url), 'utf8')

/**
 * Computes the hours and days whose minutes hold more handshakes than they do, if they ended by
 * `untilMicros` (packet time). The table that is compared is written last: what a kill left half is
 * computed again, and computing twice changes nothing.
 */
export async function rollUp(
  warehouse: Warehouse,
  { untilMicros = Number.POSITIVE_INFINITY, signal }: RollUpOptions = {},
): Promise<RolledUp> {
  const untilSeconds = Math.min(Math.floor(untilMicros / 1e6), 0xff_ff_ff_ff)
  const stale = async (name: string): Promise<number[]> =>
    (await warehouse.query<{ start: number }>(sqlOf(name), { untilSeconds })).map(
      ({ start }) => start,
    )
  const compute = async (name: string, parameters: object): Promise<void> => {
    if (!signal?.aborted) await warehouse.command(sqlOf(name), { ...parameters })
  }
  const hours = await stale('stale-hours')
  for (const hour of hours) {
    await compute('roll-up-prefix-1h', { start: hour })
    await compute('roll-up-as-1h', { start: hour })
    await compute('roll-up-site-1h', { start: hour })
  }
  const days = await stale('stale-days')
  for (const day of days) {
    await compute('roll-up-as-1d', { start: day })
    await compute('roll-up-site-1d', { start: day })
  }
  return { hours, days }
}

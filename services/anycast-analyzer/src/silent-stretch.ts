import { createMinuteWindowBuilder, type MinuteWindow } from './minute-window.ts'
import type { PrefixState } from './prefix-columns.ts'
import { formerHomeMinutes } from './prefix-state.ts'
import { standingEveryMinutes } from './threshold.ts'

/**
 * Minutes without rows. They matter for a while: what stands is judged every quarter of an hour,
 * weights decay, moves and swings grow older. One day after the last row every weight is 0, and
 * nothing is asserted, taken in or resolved without weight; once what stands was judged with that,
 * the minutes that follow change nothing but the time.
 */

/** After so many minutes without rows, one more changes nothing. */
const restlessMinutes = formerHomeMinutes + 1 + standingEveryMinutes

/**
 * The minutes behind that of `state` that must be walked through when nobody is seen before
 * `minute`: all of them, or those up to the one from which on they change nothing.
 */
export function* silentMinutes(state: PrefixState, minute: number): Iterable<MinuteWindow> {
  if (state.minute < 0) return
  let end = minute
  if (minute - state.minute > standingEveryMinutes) {
    end = Math.min(end, newestSighting(state) + restlessMinutes + 1)
  }
  for (let silent = state.minute + 1; silent < end; silent++) yield nothing.take(silent)
}

const nothing = createMinuteWindowBuilder(0)

function newestSighting({ lastSeen }: PrefixState): number {
  let newest = -1
  for (const minute of lastSeen) if (minute > newest) newest = minute
  return newest
}

import type { SensorProgress } from '@goldpan/warehouse'

/**
 * How long a lagging sensor is waited for. Its silence is judged by arrival, and by nothing else:
 * one that says nothing new for a minute is not waited for; one that catches up (a spool that is
 * replayed, captures of the past) is, for some minutes.
 */

/** Without news for so long, a sensor is silent. */
export const silentSecondsMax = 60
/** A sensor that lags, but moves, is waited for at most so long. */
export const catchUpSecondsMax = 300

interface Watched {
  passedMicros: number
  movedSeconds: number
  /** When it was first, and last, asked about: only lagging sensors are. */
  lagging?: { readonly sinceSeconds: number; lastSeconds: number }
}

export interface SensorPatience {
  /** Notes how far the sensors have come at `nowSeconds` of any steady clock. */
  note(sensors: readonly SensorProgress[], nowSeconds: number): void
  /** Why a sensor that lags is not to be waited for at the time last noted; undefined: it is. */
  givenUp(sensor: SensorProgress): 'silent' | 'behind' | undefined
}

const keyOf = ({ site_code, sensor_name }: SensorProgress): string => `${site_code}/${sensor_name}`

/** Patience with sensors that were never seen before. */
export function createSensorPatience(): SensorPatience {
  let watched = new Map<string, Watched>()
  let now = 0
  return {
    note(sensors, nowSeconds) {
      const lastNoted = now
      now = nowSeconds
      const before = watched
      watched = new Map()
      for (const sensor of sensors) {
        const { passedMicros } = sensor
        const known = before.get(keyOf(sensor)) ?? { passedMicros, movedSeconds: now }
        if (passedMicros > known.passedMicros) known.movedSeconds = now
        known.passedMicros = passedMicros
        // Nobody asked last time: it had caught up.
        if (known.lagging && known.lagging.lastSeconds < lastNoted) delete known.lagging
        watched.set(keyOf(sensor), known)
      }
    },
    givenUp(sensor) {
      const known = watched.get(keyOf(sensor))
      if (!known) return 'behind'
      known.lagging ??= { sinceSeconds: now, lastSeconds: now }
      known.lagging.lastSeconds = now
      if (now - known.movedSeconds >= silentSecondsMax) return 'silent'
      return now - known.lagging.sinceSeconds >= catchUpSecondsMax ? 'behind' : undefined
    },
  }
}

import type { SensorProgress } from '@goldpan/warehouse'

/**
 * Which minutes may be decided (DESIGN §8): those whose end all live sensors have passed by 15 s,
 * at the latest by 60 s of the farthest one. All in packet time; arrival plays no part.
 */

/** Packet time that a sensor must have passed a minute's end by. */
const passedMicrosMin = 15e6
/** So far behind the others a sensor is not waited for any more. */
const waitMicrosMax = 60e6
/** A sensor so far off the median clock is set aside. */
const clockMicrosMax = 60e6

export interface Decidable {
  /** The last minute since 1970 that may be decided; absent where none may. */
  readonly lastMinute?: number
  /** Whether every input has ended: no row follows. */
  readonly ended: boolean
  /** Sensors whose clock is too far off the others'. */
  readonly setAside: readonly SensorProgress[]
  /** Sensors that are so far behind that they are not waited for. */
  readonly late: readonly SensorProgress[]
}

/** What may be decided, from how far each sensor has come. */
export function decidableMinute(sensors: readonly SensorProgress[]): Decidable {
  const live = sensors.filter(({ ended }) => !ended)
  if (live.length === 0) return endedInputs(sensors)
  const median = medianOf(live.map(({ passedMicros }) => passedMicros))
  const setAside = live.filter(({ passedMicros }) => passedMicros - median > clockMicrosMax)
  const kept = live.filter((sensor) => !setAside.includes(sensor))
  const farthest = Math.max(...kept.map(({ passedMicros }) => passedMicros))
  const late = kept.filter(({ passedMicros }) => farthest - passedMicros > waitMicrosMax)
  const slowest = Math.min(...kept.map(({ passedMicros }) => passedMicros))
  const decidedMicros = Math.max(slowest - passedMicrosMin, farthest - waitMicrosMax)
  return { lastMinute: Math.floor(decidedMicros / 60e6) - 1, ended: false, setAside, late }
}

function endedInputs(sensors: readonly SensorProgress[]): Decidable {
  const nobody = { ended: sensors.length > 0, setAside: [], late: [] }
  if (sensors.length === 0) return nobody
  const last = Math.max(...sensors.map(({ passedMicros }) => passedMicros))
  return { ...nobody, lastMinute: Math.floor(last / 60e6) }
}

/** The lower one of two middles: a clock ahead of one other is the one that is off. */
function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((left, right) => left - right)
  return sorted[(sorted.length - 1) >> 1]!
}

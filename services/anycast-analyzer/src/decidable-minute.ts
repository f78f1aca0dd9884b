import type { SensorProgress } from '@goldpan/warehouse'

/**
 * Which minutes may be decided (DESIGN §8): those whose end all live sensors have passed by 15 s
 * of packet time. A sensor that is far behind is waited for only as long as the caller says.
 */

/** Packet time that a sensor must have passed a minute's end by. */
const passedMicrosMin = 15e6
/** A sensor so far behind the farthest one is lagging. */
export const lagMicrosMin = 60e6
/** A sensor whose clock is so far off the median of all clocks is set aside. */
const clockMicrosMax = 60e6

export interface Decidable {
  /** The last minute since 1970 that may be decided; absent where none may. */
  readonly lastMinute?: number
  /** Whether every input has ended: no row follows. */
  readonly ended: boolean
  /** Sensors whose clock is too far off the others'. */
  readonly setAside: readonly SensorProgress[]
  /** Sensors that are far behind and are not waited for any more. */
  readonly late: readonly SensorProgress[]
}

/** What may be decided; `isGivenUp` is asked about sensors that are lagging. */
export function decidableMinute(
  sensors: readonly SensorProgress[],
  isGivenUp: (sensor: SensorProgress) => boolean,
): Decidable {
  const live = sensors.filter(({ ended }) => !ended)
  if (live.length === 0) return endedInputs(sensors)
  const clock = medianOf(live.map(({ clockMicros }) => clockMicros))
  const setAside = live.filter(({ clockMicros }) => Math.abs(clockMicros - clock) > clockMicrosMax)
  const kept = live.filter((sensor) => !setAside.includes(sensor))
  const farthest = Math.max(...kept.map(({ passedMicros }) => passedMicros))
  const isLagging = ({ passedMicros }: SensorProgress) => farthest - passedMicros > lagMicrosMin
  const late = kept.filter((sensor) => isLagging(sensor) && isGivenUp(sensor))
  const awaited = kept.filter((sensor) => !late.includes(sensor))
  const slowest = Math.min(...awaited.map(({ passedMicros }) => passedMicros))
  const lastMinute = Math.floor((slowest - passedMicrosMin) / 60e6) - 1
  return { lastMinute, ended: false, setAside, late }
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

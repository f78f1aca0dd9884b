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

/** Why a sensor is not waited for: a wrong clock, no news, or far behind though it moves. */
export const setAsideReasons = ['clock', 'silent', 'behind'] as const
export type SetAsideReason = (typeof setAsideReasons)[number]

/** A live sensor that minutes are decided without. */
export interface SetAside {
  readonly site: string
  readonly sensor: string
  readonly reason: SetAsideReason
  /** `clock`: its clock minus the median of all; else how far it is behind the farthest one. */
  readonly seconds: number
}

export interface Decidable {
  /** The last minute since 1970 that may be decided; absent where none may. */
  readonly lastMinute?: number
  /** Whether every input has ended: no row follows. */
  readonly ended: boolean
  readonly setAside: readonly SetAside[]
}

/** What may be decided; `givenUp` is asked about sensors that are lagging. */
export function decidableMinute(
  sensors: readonly SensorProgress[],
  givenUp: (sensor: SensorProgress) => Exclude<SetAsideReason, 'clock'> | undefined,
): Decidable {
  const live = sensors.filter(({ ended }) => !ended)
  if (live.length === 0) return endedInputs(sensors)
  const believed = live.filter(({ isClockWrong }) => !isClockWrong)
  const told = believed.length > 0 ? believed : live
  const clock = medianOf(told.map(({ clockMicros }) => clockMicros))
  const isRight = ({ clockMicros, isClockWrong }: SensorProgress) =>
    !isClockWrong && Math.abs(clockMicros - clock) <= clockMicrosMax
  const kept = live.filter(isRight)
  const setAside: SetAside[] = live
    .filter((sensor) => !isRight(sensor))
    .map((sensor) => asideOf(sensor, 'clock', sensor.clockMicros - clock))
  if (kept.length === 0) return { ended: false, setAside }
  const farthest = Math.max(...kept.map(({ passedMicros }) => passedMicros))
  const awaited: SensorProgress[] = []
  for (const sensor of kept) {
    const behindMicros = farthest - sensor.passedMicros
    const reason = behindMicros > lagMicrosMin ? givenUp(sensor) : undefined
    if (reason === undefined) awaited.push(sensor)
    else setAside.push(asideOf(sensor, reason, behindMicros))
  }
  const slowest = Math.min(...awaited.map(({ passedMicros }) => passedMicros))
  const lastMinute = Math.floor((slowest - passedMicrosMin) / 60e6) - 1
  return { lastMinute, ended: false, setAside }
}

const asideOf = (
  { site_code, sensor_name }: SensorProgress,
  reason: SetAsideReason,
  micros: number,
): SetAside => ({ site: site_code, sensor: sensor_name, reason, seconds: Math.round(micros / 1e6) })

function endedInputs(sensors: readonly SensorProgress[]): Decidable {
  const nobody = { ended: sensors.length > 0, setAside: [] }
  if (sensors.length === 0) return nobody
  const last = Math.max(...sensors.map(({ passedMicros }) => passedMicros))
  return { ...nobody, lastMinute: Math.floor(last / 60e6) }
}

/** The lower one of two middles: a clock ahead of one other is the one that is off. */
function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((left, right) => left - right)
  return sorted[(sorted.length - 1) >> 1]!
}

import type { Log } from '@goldpan/runtime'
import { rollUp, type Warehouse } from '@goldpan/warehouse'

/**
 * Computes the hours and days that every service has passed, once an hour of packet time, beside
 * the rounds: an hour of many rows takes seconds that no minute should wait for. Several watchers
 * may do it, and a kill may cut it short: computing twice changes nothing.
 */
export interface RollUps {
  /** Starts what is due when this minute (since 1970) is decided everywhere. */
  start(minute: number): void
  /** Resolves when nothing runs. */
  settle(): Promise<void>
}

export interface RollUpsOptions {
  readonly warehouse: Warehouse
  readonly log: Log
  readonly stopping: AbortSignal
}

/** Roll-ups of one warehouse, one at a time. */
export function createRollUps({ warehouse, log, stopping }: RollUpsOptions): RollUps {
  let hourDone = -1
  let running: Promise<void> | undefined
  const compute = async (hour: number): Promise<void> => {
    try {
      const { hours, days } = await rollUp(warehouse, {
        ...{ untilMicros: hour * 3600e6, signal: stopping },
      })
      if (!stopping.aborted) hourDone = hour
      if (hours.length > 0) log.info({ hours: hours.length, days: days.length }, 'rolled up hours')
    } catch (error) {
      const reason = (error as Error).message
      log.warnRarely({ reason }, 'hours could not be rolled up, the next round tries again')
    }
  }
  return {
    start(minute) {
      const hour = Math.floor((minute + 1) / 60)
      if (running || !Number.isFinite(hour) || hour === hourDone) return
      running = compute(hour).finally(() => {
        running = undefined
      })
    },
    async settle() {
      await running
    },
  }
}

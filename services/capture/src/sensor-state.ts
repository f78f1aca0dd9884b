import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** What a sensor writes down about its run, so that the next one can tell how it ended. */
export interface SensorState {
  readonly boot: string
  /** The packet time up to which rows were handed to the bus, microseconds since 1970. */
  readonly sentMicros: number
  readonly pending: number
  /** The run ended in order: nothing was lost. */
  readonly clean: boolean
}

/** What an earlier run that was killed may have lost, as counters of the new one. */
export type LossCounters = Readonly<Record<string, number>>

const file = (folder: string): string => join(folder, 'sensor.json')

/** Replaces what is written down; a full disk only makes the next run know less. */
export function writeSensorState(folder: string, state: SensorState): void {
  try {
    writeFileSync(`${file(folder)}.new`, JSON.stringify(state))
    renameSync(`${file(folder)}.new`, file(folder))
  } catch {
    // The state is a courtesy to the next run: the sensor goes on.
  }
}

/** What the earlier run in this folder may have lost; nothing after an ordered end. */
export function readLosses(folder: string, nowMicros: number): LossCounters {
  let state: Partial<SensorState>
  try {
    state = JSON.parse(readFileSync(file(folder), 'utf8')) as Partial<SensorState>
  } catch {
    return {}
  }
  const { clean, sentMicros, pending } = state
  if (clean !== false || typeof sentMicros !== 'number' || typeof pending !== 'number') return {}
  // A run that saw no packet has no time up to which it saw all.
  if (sentMicros === 0) return { restarts_after_kill: 1, restart_pending_lost: pending }
  return {
    restarts_after_kill: 1,
    restart_pending_lost: pending,
    restart_seconds_not_seen: Math.max(Math.ceil((nowMicros - sentMicros) / 1e6), 0),
  }
}

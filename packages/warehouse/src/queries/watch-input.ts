import { readFileSync } from 'node:fs'
import type { Warehouse } from '../warehouse.ts'

/** What the live analyzer reads beside its windows. */

/** How far a sensor has come. */
export interface SensorProgress {
  readonly site_code: string
  readonly sensor_name: string
  /** The packet time that it has passed, microseconds since 1970. */
  readonly passedMicros: number
  /** Its own clock when it said so; where that is unknown, the packet time. */
  readonly clockMicros: number
  /** Its clock was found to be wrong. */
  readonly isClockWrong: boolean
  /** Its input ended there: it was a file. */
  readonly ended: boolean
}

/** Handshakes that count, of one minute since 1970. */
export interface MinuteRows {
  readonly minute: number
  readonly handshakes: number
}

/** The head of a service's newest state: which minute was decided last, and as what. */
export interface AnalyzerStateHead {
  readonly minute: number
  readonly digest: string
}

const sqlOf = (name: string): string =>
  readFileSync(new URL(`./${name}.sql`, import.meta.url), 'utf8')

/** The sensors of a service that were heard since a packet time. */
export function readSensorProgress(
  warehouse: Warehouse,
  question: { readonly service: string; readonly sinceMicros: number },
): Promise<SensorProgress[]> {
  return warehouse.query<SensorProgress>(sqlOf('watch-sensors'), { ...question })
}

/** Handshakes that count, minute by minute. */
export function readMinuteRows(
  warehouse: Warehouse,
  span: { readonly service: string; readonly fromMicros: number; readonly toMicros: number },
): Promise<MinuteRows[]> {
  return warehouse.query<MinuteRows>(sqlOf('watch-late'), { ...span })
}

/** Services that have handshakes or a state. */
export async function readServices(warehouse: Warehouse): Promise<string[]> {
  const rows = await warehouse.query<{ name: string }>(
    'SELECT DISTINCT toString(service) AS name FROM sensor_status ORDER BY name',
  )
  return rows.map(({ name }) => name)
}

/** The newest state's head, or undefined where nothing was decided yet. */
export async function readAnalyzerStateHead(
  warehouse: Warehouse,
  service: string,
): Promise<AnalyzerStateHead | undefined> {
  const rows = await warehouse.query<AnalyzerStateHead>(
    `SELECT minute, digest FROM analyzer_states WHERE service = {service:String}
     ORDER BY minute DESC LIMIT 1`,
    { service },
  )
  return rows[0]
}

/** The state of a minute: base64 of its compressed bytes. */
export async function readAnalyzerState(
  warehouse: Warehouse,
  { service, minute }: { readonly service: string; readonly minute: number },
): Promise<string | undefined> {
  const rows = await warehouse.query<{ state: string }>(
    `SELECT state FROM analyzer_states
     WHERE service = {service:String} AND minute = {minute:UInt32} LIMIT 1`,
    { service, minute },
  )
  return rows[0]?.state
}

/** The number of the newest migration; 0 where there is none. */
export async function readNewestMigration(warehouse: Warehouse): Promise<number> {
  const rows = await warehouse.query<{ newest: number }>(
    'SELECT toUInt32(max(number)) AS newest FROM migrations',
  )
  return rows[0]?.newest ?? 0
}

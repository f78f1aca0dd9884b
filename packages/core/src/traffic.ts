import { addressBytes } from './handshake.ts'

/** Which counts of a row were visible to the sensor; bits of {@link TrafficBatch.present}. */
export const trafficPresent = {
  /** Not set: the row sums up all prefixes beyond the sensor's bound. */
  prefix: 1,
  udpQueries: 2,
  tcpQueries: 4,
  truncatedAnswers: 8,
  handshakes: 16,
} as const

/** DNS queries per client prefix and minute of packet time, in columns. */
export interface TrafficBatch {
  readonly capacity: number
  length: number
  /** Start of the minute, seconds since 1970, a multiple of 60. */
  readonly minuteSeconds: Float64Array
  /** 16 bytes a row. */
  readonly prefix: Uint8Array
  readonly udpQueries: Uint32Array
  readonly tcpQueries: Uint32Array
  /** UDP answers with TC=1 sent to the prefix. */
  readonly truncatedAnswers: Uint32Array
  readonly handshakes: Uint32Array
  /** 1: every query was counted; N: one in N was, and the counts are already multiplied by N. */
  readonly samplingRate: Uint32Array
  readonly present: Uint8Array
}

/** An empty batch with room for `capacity` rows. */
export function createTrafficBatch(capacity: number): TrafficBatch {
  return {
    capacity,
    length: 0,
    minuteSeconds: new Float64Array(capacity),
    prefix: new Uint8Array(capacity * addressBytes),
    udpQueries: new Uint32Array(capacity),
    tcpQueries: new Uint32Array(capacity),
    truncatedAnswers: new Uint32Array(capacity),
    handshakes: new Uint32Array(capacity),
    samplingRate: new Uint32Array(capacity),
    present: new Uint8Array(capacity),
  }
}

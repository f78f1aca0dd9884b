/** One heartbeat of a sensor: every minute of packet time, and once at the end of a file. */
export interface SensorStatus {
  /** The packet time that the sensor has passed, microseconds since 1970. */
  readonly timeMicros: number
  /** True in the last heartbeat of a file: silence after it is the file's end, not the sensor's. */
  readonly final: boolean
  readonly packets: number
  readonly bytes: number
  readonly handshakes: number
  /** Packets that the kernel dropped; absent when read from a file. */
  readonly kernelDrops?: number
  /** Discards and other counted events since the boot, by reason (`rst`, `expired`, …). */
  readonly counters: Readonly<Record<string, number>>
  /** Pending handshakes now. */
  readonly pending: number
  readonly version: string
}

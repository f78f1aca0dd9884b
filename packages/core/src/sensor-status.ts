export const trafficModes = ['full', 'sampled', 'off'] as const
/** How DNS queries are counted now; the sensor gives way to the name server from left to right. */
export type TrafficMode = (typeof trafficModes)[number]

/** What only a live sensor can say of itself; each is absent where it is not known. */
export interface LiveStatus {
  /** Packets that the kernel dropped since the boot; absent on a pipe. */
  readonly kernelDrops?: number
  /** Connections that the host's kernel accepted since the boot, on any port. */
  readonly passiveOpens?: number
  /** Pending handshakes at most. */
  readonly pendingMax?: number
  /** Whose clock stamps the packets: `host`, or `pipe` where another program captures. */
  readonly timestampType?: string
  /** Wall clock minus packet time, microseconds; negative where packets are ahead. */
  readonly clockOffsetMicros?: number
  /** Steps of the clock beyond 1 ms since the boot. */
  readonly clockSteps?: number
  readonly trafficMode?: TrafficMode
  /** 1: every query over UDP is counted; N: one in N. */
  readonly samplingRate?: number
  /** Cores that the sensor uses. */
  readonly cpuShare?: number
  /** Such as `node 24.11.1, libpcap 1.10.3`. */
  readonly platform?: string
}

/** One heartbeat of a sensor: every minute of packet time at least, and at the end of a file. */
export interface SensorStatus extends LiveStatus {
  /** The packet time that the sensor has passed, microseconds since 1970. */
  readonly timeMicros: number
  /** True in the last heartbeat of a boot: silence after it is its end, not the sensor's. */
  readonly final: boolean
  readonly packets: number
  readonly bytes: number
  readonly handshakes: number
  /** Discards and other counted events since the boot, by reason (`rst`, `expired`, …). */
  readonly counters: Readonly<Record<string, number>>
  /** Pending handshakes now. */
  readonly pending: number
  readonly version: string
}

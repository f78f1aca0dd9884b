import type { LiveStatus } from '@goldpan/core'
import type { PacketSink } from '@goldpan/packet'
import type { ClockReading } from '@goldpan/runtime'
import type { BootStream } from './boot-stream.ts'
import { ClockWatch, stepMicrosMin } from './clock-watch.ts'
import { pendingMaxDefault } from './handshake-tracker.ts'
import { SitePass, type SitePassOptions } from './site-pass.ts'

export interface LivePassOptions extends Omit<SitePassOptions, 'describe'> {
  readonly stream: BootStream
  /** Milliseconds of packet time between two heartbeats. */
  readonly heartbeatMillis: number
  /** What the source knows of itself. */
  readonly describe: () => LiveStatus & { readonly counters?: Readonly<Record<string, number>> }
}

/** A minute of traffic is closed in silence this long after its end. */
const closeSeconds = 5
/** Rows of this long after a clock step may still span it: packets wait in buffers. */
const quarantineMillis = 500

/**
 * The pass over live packets: packet time rules as for files, the clocks of the host only say when
 * to send, how time goes on in silence, and whether the clock that stamps the packets stepped.
 */
export class LivePass implements PacketSink {
  readonly pass: SitePass
  readonly clockWatch = new ClockWatch()
  readonly counters = {
    clock_step_discarded: 0,
    clock_step_discarded_rows: 0,
    clock_steps_backward_in_packets: 0,
  }
  readonly #options: LivePassOptions
  /** The highest packet time so far, microseconds since 1970. */
  #packetMicros: number | undefined
  #packetsAtTurn = 0
  /** When packets were last seen to arrive. */
  #arrival: ClockReading | undefined
  #offsetMicros: number | undefined
  #nextHeartbeatMicros = Number.NEGATIVE_INFINITY
  #closedMinuteSeconds: number | undefined
  #quarantineUntilMillis = Number.NEGATIVE_INFINITY

  constructor(options: LivePassOptions) {
    this.#options = options
    this.pass = new SitePass({ ...options, describe: () => this.#describe() })
    this.pass.startFile(options.stream)
  }

  packet(
    buffer: Uint8Array,
    start: number,
    captured: number,
    linkType: number,
    seconds: number,
    nanoseconds: number,
  ): void {
    const micros = seconds * 1e6 + nanoseconds / 1000
    const last = this.#packetMicros
    if (last === undefined || micros > last) this.#packetMicros = micros
    else if (micros < last - stepMicrosMin) this.#stepBack(micros)
    this.pass.packet(buffer, start, captured, linkType, seconds, nanoseconds)
  }

  /**
   * Sends what came since the last turn; `reading` is of now. To be called several times a second.
   */
  turn(reading: ClockReading): void {
    if (this.clockWatch.observe(reading) !== 0) {
      this.#quarantineUntilMillis = reading.monotonicMillis + quarantineMillis
      this.#discardPending()
    }
    if (reading.monotonicMillis <= this.#quarantineUntilMillis) this.#discardRows()
    const { pass } = this
    this.#noteArrival(reading)
    const micros = this.#timeAt(reading)
    this.#closeMinute(Math.floor(micros / 1e6))
    if (micros >= this.#nextHeartbeatMicros) {
      this.#nextHeartbeatMicros = micros + this.#options.heartbeatMillis * 1000
      pass.addStatus(Math.floor(micros), false)
    }
    this.#options.stream.flush()
  }

  #noteArrival(reading: ClockReading): void {
    const { packets } = this.pass
    if (packets === this.#packetsAtTurn) return
    this.#packetsAtTurn = packets
    this.#arrival = reading
    // The smallest since the last heartbeat: packets wait for a turn, more or less.
    const offset = reading.wallMicros - this.#packetMicros!
    if (this.#offsetMicros === undefined || offset < this.#offsetMicros) this.#offsetMicros = offset
  }

  /** The input is over: what is open is closed and sent, the last heartbeat says so. */
  finish(reading: ClockReading): void {
    this.#noteArrival(reading)
    this.pass.traffic.finish()
    this.pass.tracker.finish()
    this.pass.addStatus(Math.floor(this.#timeAt(reading)), true)
    this.#options.stream.flush()
  }

  /** The packet time that was passed: in silence it goes on as the host's monotonic clock. */
  #timeAt(reading: ClockReading): number {
    const arrival = this.#arrival
    if (!arrival) return reading.wallMicros
    return this.#packetMicros! + (reading.monotonicMillis - arrival.monotonicMillis) * 1000
  }

  /** Closes the minute of the last packet where no packet of the next one does. */
  #closeMinute(seconds: number): void {
    if (this.#packetMicros === undefined) return
    const open = Math.floor(this.#packetMicros / 60e6) * 60
    if (open === this.#closedMinuteSeconds || seconds < open + 60 + closeSeconds) return
    this.#closedMinuteSeconds = open
    this.pass.traffic.finish()
  }

  /** Packet time went back: as a step of the clock, and the only sign of one on a pipe. */
  #stepBack(micros: number): void {
    this.#packetMicros = micros
    this.#nextHeartbeatMicros = Number.NEGATIVE_INFINITY
    this.counters.clock_steps_backward_in_packets++
    this.#discardPending()
  }

  #discardPending(): void {
    const { tracker } = this.pass
    const before = tracker.counters.pending_at_end
    tracker.finish()
    this.counters.clock_step_discarded += tracker.counters.pending_at_end - before
    tracker.counters.pending_at_end = before
  }

  /** Rows that were completed around a step: their RTT may hold it. */
  #discardRows(): void {
    const { batch } = this.#options.stream.handshakes
    this.counters.clock_step_discarded_rows += batch.length
    batch.length = 0
  }

  #describe(): LiveStatus & { counters: Record<string, number> } {
    const { counters, ...status } = this.#options.describe()
    const steps = this.clockWatch.steps + this.counters.clock_steps_backward_in_packets
    const offsetMicros = this.#offsetMicros
    this.#offsetMicros = undefined
    return {
      ...status,
      pendingMax: pendingMaxDefault,
      clockSteps: steps,
      ...(offsetMicros === undefined ? {} : { clockOffsetMicros: Math.round(offsetMicros) }),
      counters: nonZero({ ...counters, ...this.counters, ...this.#halfSeen() }),
    }
  }

  #halfSeen(): Record<string, number> {
    const sums = {
      syn_without_synack: 0,
      synack_without_syn: 0,
      synack_without_ack: 0,
      syn_then_ack_without_synack: 0,
    }
    for (const server of this.pass.tracker.servers.views()) {
      sums.syn_without_synack += server.synWithoutSynack
      sums.synack_without_syn += server.synackWithoutSyn
      sums.synack_without_ack += server.synackWithoutAck
      sums.syn_then_ack_without_synack += server.synThenAckWithoutSynack
    }
    return sums
  }
}

const nonZero = (counters: Readonly<Record<string, number>>): Record<string, number> =>
  Object.fromEntries(Object.entries(counters).filter(([, count]) => count > 0))

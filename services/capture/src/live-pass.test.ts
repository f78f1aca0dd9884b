import type { SensorStatus } from '@goldpan/core'
import { buildTcpFrame, buildUdpFrame, control, linkType } from '@goldpan/packet'
import type { BusMessage } from '@goldpan/runtime'
import { decodeHandshakes, decodeSensorStatus, decodeTraffic } from '@goldpan/wire'
import { describe, expect, it } from 'vitest'
import { BootStream } from './boot-stream.ts'
import { LivePass } from './live-pass.ts'
import { SendQueue } from './send-queue.ts'

const client = Uint8Array.from([198, 51, 100, 7])
const server = Uint8Array.from([192, 0, 2, 53])
const startSeconds = 1_800_000_000

/** A live pass with hands on both of its clocks. */
class Bench {
  readonly messages: BusMessage[] = []
  readonly live: LivePass
  /** Seconds since the start, of packets and of the monotonic clock. */
  seconds = 0
  wallStepMicros = 0
  readonly #queue = new SendQueue({
    send: async (message) => void this.messages.push(message),
    end: () => {},
  })

  constructor() {
    const source = { service: 'ns1.example', site: 'ams', sensor: 's1' }
    const stream = new BootStream('b1', { source, queue: this.#queue, clients: 'prefix' })
    this.live = new LivePass({
      ...{ ports: [53], version: '0', stream, heartbeatMillis: 10_000 },
      describe: () => ({ timestampType: 'host', counters: {} }),
    })
  }

  packet(frame: Uint8Array, seconds = this.seconds): void {
    const micros = Math.round(seconds * 1e6) + this.wallStepMicros
    const whole = startSeconds + Math.floor(micros / 1e6)
    const nanos = (micros - Math.floor(micros / 1e6) * 1e6) * 1000
    this.live.packet(frame, 0, frame.length, linkType.ethernet, whole, nanos)
  }

  segment(fromServer: boolean, bits: number, sequence: number, acknowledgment: number): void {
    const [source, destination] = fromServer ? [server, client] : [client, server]
    const [sourcePort, destinationPort] = fromServer ? [53, 40_000] : [40_000, 53]
    const ports = { source, destination, sourcePort, destinationPort }
    this.packet(buildTcpFrame({ ...ports, control: bits, sequence, acknowledgment }))
  }

  open(number: number): void {
    this.segment(false, control.syn, number, 0)
    this.segment(true, control.syn | control.ack, number + 500, number + 1)
  }

  complete(number: number): void {
    this.segment(false, control.ack, number + 1, number + 501)
  }

  reading() {
    const wallMicros = (startSeconds + this.seconds) * 1e6 + this.wallStepMicros
    return { wallMicros, monotonicMillis: this.seconds * 1000, uncertainMicros: 5 }
  }

  /** Lets time pass, a turn every 200 ms. */
  pass(seconds: number): void {
    const until = this.seconds + seconds
    while (this.seconds < until - 1e-9) {
      this.seconds = Math.min(this.seconds + 0.2, until)
      this.live.turn(this.reading())
    }
  }

  async rtts(): Promise<number[]> {
    await this.#queue.drain()
    return this.#of('goldpan.handshakes.v1').flatMap(({ value }) => {
      const decoded = decodeHandshakes(value)
      if (!decoded.ok) return []
      return [...decoded.value.batch.rttMicros.subarray(0, decoded.value.batch.length)]
    })
  }

  async statuses(): Promise<SensorStatus[]> {
    await this.#queue.drain()
    return this.#of('goldpan.sensors.v1').flatMap(({ value }) => {
      const decoded = decodeSensorStatus(value)
      return decoded.ok ? decoded.value.statuses : []
    })
  }

  async trafficRows(): Promise<number> {
    await this.#queue.drain()
    return this.#of('goldpan.traffic.v1').reduce((sum, { value }) => {
      const decoded = decodeTraffic(value)
      return sum + (decoded.ok ? decoded.value.batch.length : 0)
    }, 0)
  }

  #of(topic: string): BusMessage[] {
    return this.messages.filter((message) => message.topic === topic)
  }
}

const query = buildUdpFrame({
  ...{ source: client, destination: server, sourcePort: 4000, destinationPort: 53 },
  payload: Uint8Array.from([0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]),
})

describe('LivePass', () => {
  it('sends a handshake with the turn that follows it', async () => {
    const bench = new Bench()
    bench.open(1000)
    bench.seconds += 0.03
    bench.complete(1000)
    bench.pass(0.2)
    expect(await bench.rtts()).toEqual([30_000])
  })

  it('says how it is every ten seconds of packet time, and in silence by the clock', async () => {
    const bench = new Bench()
    for (let second = 0; second < 25; second++) {
      bench.packet(query)
      bench.pass(1)
    }
    bench.pass(30)
    const times = (await bench.statuses()).map(({ timeMicros }) => timeMicros / 1e6 - startSeconds)
    expect(times.length).toBeGreaterThanOrEqual(5)
    expect(times.at(-1)).toBeGreaterThan(44)
    for (const [index, time] of times.entries()) {
      if (index > 0) expect(time - times[index - 1]!).toBeLessThanOrEqual(11)
    }
  })

  it('closes a minute of traffic in silence', async () => {
    const bench = new Bench()
    bench.packet(query)
    bench.pass(59)
    expect(await bench.trafficRows()).toBe(0)
    bench.pass(7)
    expect(await bench.trafficRows()).toBe(1)
  })

  it('discards what was pending across a step of the clock, and counts it', async () => {
    const bench = new Bench()
    bench.open(1000)
    bench.pass(0.2)
    bench.wallStepMicros = 5000
    bench.pass(0.2)
    bench.complete(1000)
    bench.pass(1)
    bench.open(2000)
    bench.seconds += 0.03
    bench.complete(2000)
    bench.pass(10)
    expect(await bench.rtts()).toEqual([30_000])
    const status = (await bench.statuses()).at(-1)!
    expect(status.clockSteps).toBe(1)
    expect(status.counters.clock_step_discarded).toBe(1)
    expect(status.counters.pending_at_end).toBeUndefined()
  })

  it('discards a handshake that was completed across the step before it was noticed', async () => {
    const bench = new Bench()
    bench.pass(0.2)
    bench.open(1000)
    bench.seconds += 0.02
    bench.wallStepMicros = 40_000
    bench.complete(1000)
    bench.pass(11)
    expect(await bench.rtts()).toEqual([])
    expect((await bench.statuses()).at(-1)!.counters.clock_step_discarded_rows).toBe(1)
  })

  it('takes packet time that goes back for a step, also on a pipe', async () => {
    const bench = new Bench()
    bench.seconds = 10
    bench.open(1000)
    bench.packet(query, 9.9)
    bench.pass(10)
    const status = (await bench.statuses()).at(-1)!
    expect(status.counters).toMatchObject({
      clock_steps_backward_in_packets: 1,
      clock_step_discarded: 1,
    })
  })

  it('tells in its last heartbeat that it is the last, with what was left open', async () => {
    const bench = new Bench()
    bench.open(1000)
    bench.live.finish(bench.reading())
    const [status] = await bench.statuses()
    expect(status).toMatchObject({ final: true, timeMicros: startSeconds * 1e6, pending: 0 })
    expect(status!.counters.pending_at_end).toBe(1)
  })
})

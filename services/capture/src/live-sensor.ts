import { randomUUID } from 'node:crypto'
import { err, type LiveStatus, ok, type Result } from '@goldpan/core'
import type { BusSender, ClockReading, HostClock, Log, Source } from '@goldpan/runtime'
import packageJson from '../package.json' with { type: 'json' }
import { type BootOrigin, BootStream } from './boot-stream.ts'
import { GiveWay } from './give-way.ts'
import { LivePass } from './live-pass.ts'
import type { LiveSource } from './live-source.ts'
import { readPacketStream } from './packet-stream.ts'
import { SendQueue } from './send-queue.ts'
import { readLosses, writeSensorState } from './sensor-state.ts'
import { ServedServers, type ServiceAddresses } from './served-servers.ts'
import type { ExcludedClients } from './traffic-counter.ts'

export interface LiveSensorOptions {
  readonly source: Source
  readonly packets: LiveSource
  readonly bus: BusSender
  /** Counters of the bus (its spool) that belong into heartbeats. */
  readonly busCounters: () => Readonly<Record<string, number>>
  readonly clock: HostClock
  /** Microseconds of CPU of this process. */
  readonly cpuMicros: () => number
  readonly log: Log
  readonly ports: readonly number[]
  readonly clients: BootOrigin['clients']
  readonly excluded?: ExcludedClients | undefined
  readonly services?: readonly ServiceAddresses[] | undefined
  /** One in how many queries over UDP is counted; 1: all, 0: none. */
  readonly rate: number
  readonly giveWay: { readonly cpuCoresMax: number; readonly sampledRate: number }
  readonly batchMillis: number
  readonly heartbeatMillis: number
  /** Folder where the sensor writes down its run. */
  readonly stateFolder: string
  /** Told once a second. */
  readonly onSecond?: (sensor: LiveSensor) => void
}

/** Rows of a message at most: it must fit into one message of any broker. */
const rowsMax = 32_768
const millisPerSecond = 1000
/** From an order to the packet time at which the kernel's filter changes. */
const filterAheadMicros = 250_000

/** One run of a sensor on live packets: reads, sends, says how it is, gives way. */
export class LiveSensor {
  readonly pass: LivePass
  readonly giveWay: GiveWay
  readonly boot = randomUUID()
  /** Cores used in the last second. */
  cpuCores = 0
  readonly #options: LiveSensorOptions
  readonly #queue: SendQueue
  readonly #losses: Readonly<Record<string, number>>
  #secondMillis: number
  #cpuMicros: number
  #drops = 0

  constructor(options: LiveSensorOptions) {
    const { source, bus, clients, excluded, ports, heartbeatMillis, clock } = options
    this.#options = options
    this.#queue = new SendQueue(bus)
    const now = clock.read()
    this.#losses = readLosses(options.stateFolder, now.wallMicros)
    this.#secondMillis = now.monotonicMillis
    this.#cpuMicros = options.cpuMicros() + options.packets.cpuMicros()
    const { services } = options
    const served = services && new ServedServers(source.service, services, ports)
    const origin: BootOrigin = { source, queue: this.#queue, clients, excluded, rowsMax }
    this.pass = new LivePass({
      ...{ ports, excluded, served },
      version: packageJson.version,
      stream: new BootStream(this.boot, origin),
      heartbeatMillis,
      describe: () => this.#describe(),
    })
    this.giveWay = new GiveWay({ rate: options.rate, ...options.giveWay })
    this.pass.pass.traffic.sample(this.giveWay.rate)
  }

  get kernelDrops(): number | undefined {
    return this.#options.packets.kernelDrops()
  }

  /** Runs until the packets end; the error is one sentence. All is handed to the bus then. */
  async run(): Promise<Result<{ readonly damage?: string }, string>> {
    const { clock, packets, batchMillis, log } = this.#options
    if (Object.keys(this.#losses).length > 0) {
      log.warn(this.#losses, 'the sensor was killed before: what it had not sent is lost')
    }
    const turns = setInterval(() => this.#turn(), batchMillis)
    const read = await readPacketStream(packets.stream, this.pass)
    clearInterval(turns)
    this.pass.finish(clock.read())
    await this.#queue.drain()
    this.#writeState(true)
    return read.ok ? ok(read.value) : err(read.error)
  }

  #turn(): void {
    const reading = this.#options.clock.read()
    this.pass.turn(reading)
    const elapsed = reading.monotonicMillis - this.#secondMillis
    if (elapsed < millisPerSecond) return
    this.#secondMillis = reading.monotonicMillis
    this.#look(elapsed, reading)
    this.#writeState(false)
    this.#options.onSecond?.(this)
  }

  #look(elapsedMillis: number, { wallMicros }: ClockReading): void {
    const { packets, cpuMicros, log } = this.#options
    const cpu = cpuMicros() + packets.cpuMicros()
    this.cpuCores = (cpu - this.#cpuMicros) / 1000 / elapsedMillis
    this.#cpuMicros = cpu
    const drops = packets.kernelDrops() ?? 0
    const kernelDrops = drops - this.#drops
    this.#drops = drops
    if (!this.giveWay.look({ kernelDrops, cpuCores: this.cpuCores })) return
    const { rate, mode } = this.giveWay
    log.warn({ mode, rate, kernelDrops, cpuCores: this.cpuCores }, 'traffic is counted otherwise')
    this.pass.pass.traffic.sample(rate)
    packets.setRate(rate, wallMicros + filterAheadMicros)
  }

  #describe(): LiveStatus & { readonly counters: Readonly<Record<string, number>> } {
    const { packets, busCounters } = this.#options
    const kernelDrops = packets.kernelDrops()
    const passiveOpens = packets.passiveOpens()
    return {
      ...(kernelDrops === undefined ? {} : { kernelDrops }),
      ...(passiveOpens === undefined ? {} : { passiveOpens }),
      timestampType: packets.timestampType,
      trafficMode: this.giveWay.mode,
      ...(this.giveWay.rate === 0 ? {} : { samplingRate: this.giveWay.rate }),
      cpuShare: Math.round(this.cpuCores * 1000) / 1000,
      platform: [`node ${process.versions.node}`, packets.libpcap].filter(Boolean).join(', '),
      counters: { ...busCounters(), ...this.#losses, give_way_steps: this.giveWay.steps },
    }
  }

  #writeState(clean: boolean): void {
    const { pass } = this.pass
    writeSensorState(this.#options.stateFolder, {
      boot: this.boot,
      sentMicros: pass.lastMicros ?? 0,
      pending: pass.tracker.pending,
      clean,
    })
  }
}

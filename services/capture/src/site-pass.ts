import type { LiveStatus, SensorStatus } from '@goldpan/core'
import {
  control,
  decodeSegment,
  handshakeBits,
  linkType as link,
  networkOffset,
  outcome,
  type PacketSink,
  recordBytesMax,
  recordHeaderBytes,
  Segment,
} from '@goldpan/packet'
import type { BootStream } from './boot-stream.ts'
import { addressKey } from './connection-key.ts'
import { HandshakeTracker } from './handshake-tracker.ts'
import { PacketClock, tick } from './packet-clock.ts'
import type { ServedServers } from './served-servers.ts'
import { type ExcludedClients, TrafficCounter } from './traffic-counter.ts'

export interface SitePassOptions {
  readonly ports: readonly number[]
  readonly version: string
  readonly excluded?: ExcludedClients | undefined
  /** The servers of the service where the input may hold those of others. */
  readonly served?: ServedServers | undefined
  /** What a live sensor adds to its heartbeats; its `counters` join those of the pass. */
  readonly describe?: () => LiveStatus & { readonly counters?: Counters }
}

/** Frames by what became of them. */
interface FrameCounters {
  other: number
  truncated: number
  malformed: number
}

type Counters = Record<string, number>

const ethernetBytes = 14

/**
 * The one pass over a site's packets: each is decoded once and shown to the tracker and to the
 * traffic counter; minutes of packet time make heartbeats, hours close batches.
 */
export class SitePass implements PacketSink {
  readonly tracker: HandshakeTracker
  readonly traffic: TrafficCounter
  packets = 0
  bytes = 0
  /** Packet times of the first and the last packet read, microseconds since 1970. */
  firstMicros: number | undefined
  readonly #frames: FrameCounters = { other: 0, truncated: 0, malformed: 0 }
  readonly #segment = new Segment()
  readonly #clock = new PacketClock()
  readonly #version: string
  readonly #describe: SitePassOptions['describe']
  readonly #served: ServedServers | undefined
  /** One per file; a handshake belongs to the file that holds its SYN-ACK. */
  readonly #streams: BootStream[] = []
  #stream: BootStream | undefined
  #atFileStart: { packets: number; bytes: number; counters: Counters } | undefined

  constructor(options: SitePassOptions) {
    this.#version = options.version
    this.#describe = options.describe
    this.#served = options.served
    this.tracker = new HandshakeTracker({
      ports: options.ports,
      withLinks: true,
      sink: {
        batchOf: (source) => this.#streams[source]!.handshakes.batch,
        full: (source) => this.#streams[source]!.handshakes.full(),
      },
    })
    this.traffic = new TrafficCounter({
      ports: options.ports,
      ...(options.excluded ? { excluded: options.excluded } : {}),
      sink: {
        trafficBatch: () => this.#stream!.traffic.batch,
        trafficFull: () => this.#stream!.traffic.full(),
      },
    })
  }

  /** Packets that follow are of this file. */
  startFile(stream: BootStream): void {
    // The tracker keeps 16 bits of the file's number: that many later, the older file is done.
    const source = (this.tracker.source + (this.#stream ? 1 : 0)) & 0xffff
    this.tracker.source = source
    this.#streams[source]?.flush()
    this.#streams[source] = stream
    this.#stream = stream
    this.#clock.restart()
    const { packets, bytes } = this
    this.#atFileStart = { packets, bytes, counters: this.counters() }
  }

  /** The file is over: its open minute is closed, its last heartbeat says so. */
  endFile(): void {
    if (!this.#stream) return
    this.traffic.finish()
    if (this.lastMicros !== undefined) this.addStatus(this.lastMicros, true)
    this.#stream.flush()
    this.#stream.handshakes.shrink()
    this.#stream.traffic.shrink()
  }

  /** All files are over. */
  finish(): void {
    this.tracker.finish()
    this.flush()
  }

  flush(): void {
    for (const stream of this.#streams) stream.flush()
  }

  packet(
    buffer: Uint8Array,
    start: number,
    captured: number,
    linkType: number,
    seconds: number,
    nanoseconds: number,
  ): void {
    this.packets++
    this.bytes += captured
    const passed = this.#clock.advance(seconds)
    if (passed !== tick.none) this.#tick(passed)
    const segment = this.#segment
    const kind = decodeSegment(segment, buffer, start, captured, linkType)
    segment.seconds = seconds
    segment.nanoseconds = nanoseconds
    if (this.packets === 1) this.firstMicros = microsOf(segment)
    const isTransport = kind === outcome.udp || kind === outcome.tcp
    if (isTransport && this.#served && !this.#served.serves(segment)) return
    if (kind === outcome.udp) this.traffic.observeUdp(segment)
    else if (kind === outcome.tcp) this.#observeTcp(segment)
    else this.#countFrame(kind)
  }

  /** {@link packet} and the record's header in one loop; usual datagrams are not decoded. */
  walkEthernet(b: Uint8Array, begin: number, end: number, unitNanos: number): number {
    // Whose a datagram is stands in its addresses: all are decoded where that matters.
    if (this.#served) return begin
    let at = begin
    while (at + recordHeaderBytes <= end) {
      const captured = b[at + 8]! | (b[at + 9]! << 8) | (b[at + 10]! << 16) | (b[at + 11]! << 24)
      // What makes no sense, or is not whole yet, is the parser's.
      if (captured < 0 || captured > recordBytesMax) return at
      const frame = at + recordHeaderBytes
      const next = frame + captured
      if (next > end) return at
      const seconds = (b[at]! | (b[at + 1]! << 8) | (b[at + 2]! << 16) | (b[at + 3]! << 24)) >>> 0
      const unit = b[at + 4]! | (b[at + 5]! << 8) | (b[at + 6]! << 16) | (b[at + 7]! << 24)
      const nanoseconds = unit * unitNanos
      if (!this.#takeUsual(b, frame, next, seconds)) {
        this.packet(b, frame, captured, link.ethernet, seconds, nanoseconds)
      } else {
        this.packets++
        this.bytes += captured
        this.#segment.seconds = seconds
        this.#segment.nanoseconds = nanoseconds
      }
      at = next
    }
    return at
  }

  /** Whether a frame was a usual datagram of the minute that the clock stands at. */
  #takeUsual(b: Uint8Array, frame: number, end: number, seconds: number): boolean {
    if (frame + ethernetBytes >= end || this.#clock.isDue(seconds)) return false
    const etherType = (b[frame + 12]! << 8) | b[frame + 13]!
    const isIp = etherType === 0x0800 || etherType === 0x86dd
    const network = isIp ? frame + ethernetBytes : networkOffset(b, frame, end, link.ethernet)
    return network >= 0 && this.traffic.takeUsual(b, network, end, seconds)
  }

  #observeTcp(segment: Segment): void {
    const { counters } = this.tracker
    const before = counters.handshakes
    if (this.#mayConcern(segment)) this.tracker.observe(segment)
    this.traffic.observeTcp(segment)
    if (counters.handshakes !== before) this.traffic.countHandshake(segment)
  }

  /** False for what the tracker would pass over, as most ACKs of a connection are. */
  #mayConcern(segment: Segment): boolean {
    if ((segment.control & handshakeBits) !== control.ack) return true
    const client = addressKey(segment.buffer, segment.sourceOffset, segment.family)
    return this.tracker.mayConcern(client, (segment.sourcePort << 16) | segment.destinationPort)
  }

  #countFrame(kind: number): void {
    if (kind === outcome.truncated) this.#frames.truncated++
    else if (kind === outcome.malformed) this.#frames.malformed++
    else this.#frames.other++
  }

  #tick(passed: number): void {
    this.addStatus(this.#clock.minuteSeconds * 1e6, false)
    if (passed === tick.hour) this.flush()
  }

  get lastMicros(): number | undefined {
    return this.packets === 0 ? undefined : microsOf(this.#segment)
  }

  /** One heartbeat: all packets up to this time were seen. */
  addStatus(timeMicros: number, final: boolean): void {
    const live = this.#describe?.()
    const start = this.#atFileStart!
    const counters: Counters = {}
    for (const [name, value] of Object.entries(this.counters())) {
      const count = value - (start.counters[name] ?? 0)
      if (count > 0) counters[name] = count
    }
    const status: SensorStatus = {
      ...live,
      timeMicros,
      final,
      packets: this.packets - start.packets,
      bytes: this.bytes - start.bytes,
      handshakes: counters.handshakes ?? 0,
      counters: { ...counters, ...live?.counters },
      pending: this.tracker.pending,
      version: this.#version,
    }
    this.#stream!.addStatus(status)
  }

  /** Everything counted so far, by reason. */
  counters(): Counters {
    const { other, truncated, malformed } = this.#frames
    return {
      ...this.tracker.counters,
      ...this.traffic.counters,
      ...this.#served?.counters,
      frames_without_dns_transport: other,
      frames_cut_short: truncated,
      frames_malformed: malformed,
      excluded_handshakes: this.#streams.reduce((sum, each) => sum + each.excludedHandshakes, 0),
    }
  }
}

const microsOf = (segment: Segment): number =>
  segment.seconds * 1e6 + Math.floor(segment.nanoseconds / 1000)

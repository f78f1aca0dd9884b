import {
  createHandshakeBatch,
  createTrafficBatch,
  formatHandshakeFlags,
  type HandshakeBatch,
} from '@goldpan/core'
import {
  type CaptureDamage,
  createCaptureParser,
  decodeSegment,
  outcome,
  type PacketSink,
  Segment,
} from '@goldpan/packet'
import { HandshakeTracker } from '../../services/capture/src/handshake-tracker.ts'
import { TrafficCounter } from '../../services/capture/src/traffic-counter.ts'

export interface Extraction {
  /** One text a packet: time, length, what it was. */
  readonly packets: readonly string[]
  /** One text a handshake, in the order of completion. */
  readonly handshakes: readonly string[]
  readonly trafficRows: number
  readonly damage: CaptureDamage | undefined
  /** Bytes that were consumed; undefined where it is no capture at all. */
  readonly consumed: number | undefined
}

/**
 * Everything that is done to a capture between its bytes and its rows, in memory, fed in chunks of
 * `chunkBytes`. Throws where the parser stands still: each call must consume, wait or end.
 */
export function extractBytes(bytes: Uint8Array, chunkBytes = bytes.length): Extraction {
  const sink = new RecordingSink()
  const parser = createCaptureParser(bytes.subarray(0, 24))
  if (!parser.ok) return sink.end(undefined, undefined)
  // A copy with nothing behind it: reading beyond the end would be seen as undefined.
  let fed = new Uint8Array(0)
  let at = 0
  while (at < bytes.length && !parser.value.damage) {
    const chunk = bytes.subarray(at, at + chunkBytes)
    at += chunk.length
    const buffer = new Uint8Array(fed.length + chunk.length)
    buffer.set(fed)
    buffer.set(chunk, fed.length)
    const end = parser.value.parse(buffer, 0, buffer.length, sink)
    if (end < 0 || end > buffer.length) throw new Error(`the parser went to ${end}`)
    fed = buffer.slice(end)
  }
  return sink.end(parser.value.damage, parser.value.position)
}

/** Shows packets to the tracker and the counter, as a site's pass does, and writes all down. */
class RecordingSink implements PacketSink {
  readonly #packets: string[] = []
  readonly #handshakes: string[] = []
  readonly #batch = createHandshakeBatch(1)
  readonly #traffic = createTrafficBatch(16)
  readonly #segment = new Segment()
  #trafficRows = 0
  readonly #tracker = new HandshakeTracker({
    ports: [53],
    withLinks: true,
    pendingMax: 1024,
    sink: { batchOf: () => this.#batch, full: () => this.#takeRow() },
  })
  readonly #counter = new TrafficCounter({
    ports: [53],
    prefixesMax: 100,
    sink: { trafficBatch: () => this.#traffic, trafficFull: () => this.#takeTraffic() },
  })

  packet(
    buffer: Uint8Array,
    start: number,
    captured: number,
    linkType: number,
    seconds: number,
    nanoseconds: number,
  ): void {
    if (start < 0 || captured < 0 || start + captured > buffer.length) {
      throw new Error(`a packet at ${start} of ${captured} bytes in ${buffer.length}`)
    }
    const segment = this.#segment
    const kind = decodeSegment(segment, buffer, start, captured, linkType)
    this.#packets.push(`${seconds} ${nanoseconds} ${captured} ${kind}`)
    segment.seconds = seconds
    segment.nanoseconds = nanoseconds
    if (kind === outcome.udp) this.#counter.observeUdp(segment)
    else if (kind === outcome.tcp) {
      const before = this.#tracker.counters.handshakes
      this.#tracker.observe(segment)
      this.#counter.observeTcp(segment)
      if (this.#tracker.counters.handshakes > before) this.#counter.countHandshake(segment)
    }
  }

  #takeRow(): void {
    this.#handshakes.push(textOf(this.#batch))
    this.#batch.length = 0
  }

  #takeTraffic(): void {
    this.#trafficRows += this.#traffic.length
    this.#traffic.length = 0
  }

  end(damage: CaptureDamage | undefined, consumed: number | undefined): Extraction {
    const handshakes = [...this.#handshakes]
    this.#tracker.finish()
    this.#counter.finish()
    this.#takeTraffic()
    return {
      packets: this.#packets,
      handshakes,
      trafficRows: this.#trafficRows,
      damage,
      consumed,
    }
  }
}

function textOf(batch: HandshakeBatch): string {
  const flags = formatHandshakeFlags(batch.flags[0]!)
  const rtt = batch.rttMicros[0]!
  if (!Number.isFinite(batch.timeMicros[0]!) || rtt > 10e6) throw new Error('no handshake')
  return [batch.timeMicros[0], Buffer.from(batch.client).toString('hex'), rtt, flags].join(' ')
}

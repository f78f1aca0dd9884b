import { buildTcpFrame, buildUdpFrame, control, type FrameOptions } from '@goldpan/packet'
import { floodAt } from './catchment.ts'
import type { Connection, SiteMinute } from './connections.ts'
import type { ClientPrefix, Population } from './population.ts'
import { createRandom, type Random } from './random.ts'
import { serverAddress } from './server-address.ts'
import type { World } from './world.ts'

/** A frame at its packet time, whole microseconds. */
export interface TimedFrame {
  readonly micros: number
  readonly frame: Uint8Array
}

const query = dnsMessage(0)
const answer = dnsMessage(0x8400)
/** TC=1 (RFC 1035 §4.1.1). */
const truncated = dnsMessage(0x8600)

/** A question for the root's SOA, as small as one can be. */
function dnsMessage(flags: number): Uint8Array {
  return Uint8Array.from([0, 7, flags >> 8, flags & 255, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 6, 0, 1])
}

const overTcp = (message: Uint8Array): Uint8Array =>
  Uint8Array.from([message.length >> 8, message.length & 255, ...message])

/** Makes the packets of one site, in time order; what ends later waits for its minute. */
export class SitePackets {
  readonly #world: World
  readonly #population: Population
  readonly #random: Random
  #waiting: TimedFrame[] = []

  constructor(world: World, population: Population, site: string) {
    this.#world = world
    this.#population = population
    this.#random = createRandom(world.seed, `packets/${site}`)
  }

  /** The packets up to the end of a minute. */
  ofMinute(seen: SiteMinute, minute: number, minuteSeconds: number): TimedFrame[] {
    const frames = this.#waiting
    for (const connection of seen.connections) this.#addConnection(frames, connection)
    for (const [prefix, count] of seen.udpQueries) {
      for (let index = 0; index < count; index++) this.#addUdp(frames, prefix, minuteSeconds)
    }
    const flood = floodAt(this.#world, seen.site, minute) * 60
    for (let index = 0; index < flood; index++) this.#addHalfOpen(frames, minuteSeconds)
    frames.sort((left, right) => left.micros - right.micros)
    const end = (minuteSeconds + 60) * 1e6
    const cut = frames.findIndex(({ micros }) => micros >= end)
    this.#waiting = cut < 0 ? [] : frames.slice(cut)
    return seen.alive ? frames.slice(0, cut < 0 ? undefined : cut) : []
  }

  /** What is left after the last minute. */
  rest(): TimedFrame[] {
    return this.#waiting
  }

  #addUdp(frames: TimedFrame[], index: number, minuteSeconds: number): void {
    const prefix = this.#population.prefixes[index]!
    const micros = minuteSeconds * 1e6 + Math.floor(this.#random.uniform() * 59.9e6)
    const port = 1024 + this.#random.integer(60_000)
    const { inbound, outbound } = endpoints(prefix, 1 + this.#random.integer(3), port)
    const isTruncated = this.#random.uniform() < prefix.tcpShare / 4
    frames.push(
      { micros, frame: buildUdpFrame({ ...inbound, payload: query }) },
      {
        micros: micros + 30,
        frame: buildUdpFrame({ ...outbound, payload: isTruncated ? truncated : answer }),
      },
    )
  }

  /** SYN to FIN of one query over TCP. */
  #addConnection(frames: TimedFrame[], connection: Connection): void {
    const prefix = this.#population.prefixes[connection.prefix]!
    const { inbound, outbound } = endpoints(prefix, connection.host, connection.port)
    const { synMicros, acceptMicros, rttMicros, isRetransmitted } = connection
    const clientStart = this.#random.integer(2 ** 32)
    const serverStart = this.#random.integer(2 ** 32)
    const isTimed = prefix.hasTimestamps
    const synack = synMicros + acceptMicros
    const answered = isRetransmitted ? synack + 1_000_000 : synack
    const ack = answered + rttMicros
    const send = (micros: number, isInbound: boolean, segment: Segment): void => {
      const numbers = {
        sequence: ((isInbound ? clientStart : serverStart) + segment.sent) >>> 0,
        acknowledgment: ((isInbound ? serverStart : clientStart) + segment.received) >>> 0,
      }
      const tsVal = Math.floor(micros / 1000) % 2 ** 32
      const tsEcr = Math.floor((isInbound ? answered : micros - rttMicros) / 1000) % 2 ** 32
      frames.push({
        micros,
        frame: buildTcpFrame({
          ...(isInbound ? inbound : outbound),
          ...numbers,
          control: segment.control,
          ...(isTimed ? { options: { timestamps: { tsVal, tsEcr } } } : {}),
          ...(segment.payload ? { payload: segment.payload } : {}),
        }),
      })
    }
    const question = overTcp(query)
    const reply = overTcp(answer)
    const asked = 1 + question.length
    const replied = 1 + reply.length
    send(synMicros, true, { control: control.syn, sent: 0, received: 0 })
    send(synack, false, { control: control.syn | control.ack, sent: 0, received: 1 })
    if (isRetransmitted) {
      send(answered, false, { control: control.syn | control.ack, sent: 0, received: 1 })
    }
    send(ack, true, { control: control.ack, sent: 1, received: 1 })
    const push = control.ack | control.psh
    send(ack + 40, true, { control: push, sent: 1, received: 1, payload: question })
    send(ack + 90, false, { control: push, sent: 1, received: asked, payload: reply })
    const fin = control.fin | control.ack
    send(ack + 90 + rttMicros, true, { control: fin, sent: asked, received: replied })
    send(ack + 120 + rttMicros, false, { control: fin, sent: replied, received: asked + 1 })
    send(ack + 120 + 2 * rttMicros, true, {
      control: control.ack,
      sent: asked + 1,
      received: replied + 1,
    })
  }

  /** A SYN from a spoofed address and its SYN-ACKs that nobody answers. */
  #addHalfOpen(frames: TimedFrame[], minuteSeconds: number): void {
    const micros = minuteSeconds * 1e6 + Math.floor(this.#random.uniform() * 59.9e6)
    const source = Uint8Array.from({ length: 4 }, () => 1 + this.#random.integer(222))
    const ports = { sourcePort: 1024 + this.#random.integer(60_000), destinationPort: 53 }
    const destination = serverAddress(4).slice(12)
    const sequence = this.#random.integer(2 ** 32)
    const back = {
      ...{ source: destination, destination: source },
      ...{ sourcePort: 53, destinationPort: ports.sourcePort },
      ...{ control: control.syn | control.ack, sequence, acknowledgment: (sequence + 1) >>> 0 },
    }
    frames.push(
      {
        micros,
        frame: buildTcpFrame({ source, destination, ...ports, control: control.syn, sequence }),
      },
      { micros: micros + 10, frame: buildTcpFrame(back) },
      { micros: micros + 1_000_010, frame: buildTcpFrame(back) },
    )
  }
}

interface Segment {
  readonly control: number
  /** Bytes of sequence space that this side has sent, and has got, before this segment. */
  readonly sent: number
  readonly received: number
  readonly payload?: Uint8Array
}

function endpoints(
  prefix: ClientPrefix,
  host: number,
  port: number,
): { inbound: FrameOptions; outbound: FrameOptions } {
  const address = prefix.bytes.slice()
  address[15] = host
  const isIpv4 = prefix.ipVersion === 4
  const client = isIpv4 ? address.subarray(12) : address
  const server = isIpv4 ? serverAddress(4).subarray(12) : serverAddress(6)
  const vlans = prefix.vlan === undefined ? [] : [prefix.vlan]
  return {
    inbound: {
      ...{ source: client, destination: server, sourcePort: port, destinationPort: 53 },
      ...{ ttl: 64 - prefix.hops, vlans },
    },
    outbound: {
      ...{ source: server, destination: client, sourcePort: 53, destinationPort: port },
      vlans,
    },
  }
}

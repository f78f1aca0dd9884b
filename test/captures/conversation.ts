import { parseAddress } from '@goldpan/core'
import {
  buildTcpFrame,
  buildUdpFrame,
  control,
  createPcapWriter,
  type FrameOptions,
  type PcapOptions,
} from '@goldpan/packet'

/** Packet time 0 of captures made here: 2026-01-01T00:00:00Z. */
export const startSeconds = 1_767_225_600

export interface TimedFrame {
  /** Microseconds since {@link startSeconds}; thousandths are nanoseconds. */
  readonly micros: number
  readonly frame: Uint8Array
}

type FrameShape = Omit<
  Partial<FrameOptions>,
  'source' | 'destination' | 'sourcePort' | 'destinationPort'
>

export interface ConversationOptions {
  readonly client?: string
  readonly clientPort?: number
  readonly server?: string
  readonly serverPort?: number
  readonly clientIsn?: number
  readonly serverIsn?: number
  /** What every frame of the client, or of both, looks like below TCP. */
  readonly shape?: FrameShape
  readonly clientShape?: FrameShape
  readonly serverShape?: FrameShape
}

/** What a segment says beyond its place in the handshake. */
export interface SegmentOptions extends FrameShape {
  readonly tsVal?: number
  readonly tsEcr?: number
  readonly payload?: Uint8Array
  readonly fastOpenCookie?: readonly number[]
  readonly sequence?: number
  readonly acknowledgment?: number
  /** More control bits, such as PSH or ECE. */
  readonly bits?: number
}

/** A DNS query for the root's NS, without and with the length that TCP puts before it. */
export const dnsQuery = Uint8Array.from([0, 7, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 1])
export const dnsQueryOverTcp = Uint8Array.from([0, dnsQuery.length, ...dnsQuery])
/** An empty answer with TC=1. */
export const truncatedAnswer = Uint8Array.from([
  0, 7, 0x86, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 1,
])

/** One client talking to one server over TCP (and UDP), segment by segment at given times. */
export class Conversation {
  readonly frames: TimedFrame[] = []
  readonly #options: Required<Omit<ConversationOptions, 'shape' | 'clientShape' | 'serverShape'>>
  readonly #clientShape: FrameShape
  readonly #serverShape: FrameShape

  constructor(options: ConversationOptions = {}) {
    this.#options = {
      client: '198.51.100.7',
      clientPort: 40_000,
      server: '192.0.2.53',
      serverPort: 53,
      clientIsn: 1000,
      serverIsn: 5000,
      ...options,
    }
    this.#clientShape = { ttl: 55, ...options.shape, ...options.clientShape }
    this.#serverShape = { ttl: 64, ...options.shape, ...options.serverShape }
  }

  syn(micros: number, options: SegmentOptions = {}): this {
    return this.#fromClient(micros, control.syn, this.#options.clientIsn, 0, options)
  }

  synack(micros: number, options: SegmentOptions = {}): this {
    const { serverIsn, clientIsn } = this.#options
    return this.#fromServer(micros, control.syn | control.ack, serverIsn, clientIsn + 1, options)
  }

  /** The client's ACK, with a payload if there is one in the options. */
  ack(micros: number, options: SegmentOptions = {}): this {
    const { serverIsn, clientIsn } = this.#options
    return this.#fromClient(micros, control.ack, clientIsn + 1, serverIsn + 1, options)
  }

  /** With ACK, unless the acknowledgment is 0. */
  clientReset(micros: number, options: SegmentOptions = {}): this {
    const { serverIsn, clientIsn } = this.#options
    const bits = resetBits(options)
    return this.#fromClient(micros, bits, clientIsn + 1, serverIsn + 1, options)
  }

  /** With ACK, unless the acknowledgment is 0. */
  serverReset(micros: number, options: SegmentOptions = {}): this {
    const { serverIsn, clientIsn } = this.#options
    const bits = resetBits(options)
    return this.#fromServer(micros, bits, serverIsn + 1, clientIsn + 1, options)
  }

  udpQuery(micros: number, payload = dnsQuery): this {
    return this.#push(micros, buildUdpFrame({ ...this.#ends(true), ...this.#clientShape, payload }))
  }

  udpAnswer(micros: number, payload = truncatedAnswer): this {
    return this.#push(
      micros,
      buildUdpFrame({ ...this.#ends(false), ...this.#serverShape, payload }),
    )
  }

  #fromClient(
    micros: number,
    bits: number,
    sequence: number,
    acknowledgment: number,
    options: SegmentOptions,
  ): this {
    return this.#tcp(micros, true, bits, sequence, acknowledgment, options)
  }

  #fromServer(
    micros: number,
    bits: number,
    sequence: number,
    acknowledgment: number,
    options: SegmentOptions,
  ): this {
    return this.#tcp(micros, false, bits, sequence, acknowledgment, options)
  }

  #tcp(
    micros: number,
    inbound: boolean,
    bits: number,
    sequence: number,
    acknowledgment: number,
    options: SegmentOptions,
  ): this {
    const { tsVal, tsEcr = 0, fastOpenCookie, bits: more = 0, ...shape } = options
    const tcpOptions = {
      ...(bits & control.syn ? { maximumSegmentSize: 1460 } : {}),
      ...(tsVal === undefined ? {} : { timestamps: { tsVal, tsEcr } }),
      ...(fastOpenCookie ? { fastOpenCookie } : {}),
    }
    const frame = buildTcpFrame({
      ...this.#ends(inbound),
      ...(inbound ? this.#clientShape : this.#serverShape),
      sequence,
      acknowledgment,
      ...shape,
      control: bits | more,
      options: tcpOptions,
    })
    return this.#push(micros, frame)
  }

  #push(micros: number, frame: Uint8Array): this {
    this.frames.push({ micros, frame })
    return this
  }

  #ends(
    inbound: boolean,
  ): Pick<FrameOptions, 'source' | 'destination' | 'sourcePort' | 'destinationPort'> {
    const { client, server, clientPort, serverPort } = this.#options
    const [source, destination] = inbound ? [client, server] : [server, client]
    const [sourcePort, destinationPort] = inbound
      ? [clientPort, serverPort]
      : [serverPort, clientPort]
    return {
      source: addressOf(source),
      destination: addressOf(destination),
      sourcePort,
      destinationPort,
    }
  }
}

function resetBits({ acknowledgment }: SegmentOptions): number {
  return acknowledgment === 0 ? control.rst : control.rst | control.ack
}

/** 4 or 16 bytes, as the packet carries it. */
function addressOf(text: string): Uint8Array {
  const bytes = parseAddress(text)!
  return text.includes(':') ? bytes : bytes.subarray(12)
}

/** A whole SYN, SYN-ACK, ACK: the ACK comes `rttMicros` after the SYN-ACK. */
export function completeHandshake(
  conversation: Conversation,
  startMicros: number,
  rttMicros: number,
): Conversation {
  const answered = startMicros + 100
  return conversation
    .syn(startMicros)
    .synack(answered)
    .ack(answered + rttMicros)
}

/** Frames as a classic pcap, in the order given. */
export function pcapOf(frames: readonly TimedFrame[], options: PcapOptions = {}): Uint8Array {
  const writer = createPcapWriter(options)
  const records = frames.map(({ micros, frame }) => {
    const seconds = Math.floor(micros / 1e6)
    const nanoseconds = Math.round((micros - seconds * 1e6) * 1000)
    return writer.record(startSeconds + seconds, nanoseconds, frame)
  })
  return Buffer.concat([writer.header, ...records])
}

/** Sorted by time; frames of one time stay in their order. */
export function inOrder(frames: readonly TimedFrame[]): TimedFrame[] {
  return frames.toSorted((left, right) => left.micros - right.micros)
}

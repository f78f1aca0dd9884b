import { formatAddress } from '@goldpan/core'
import { int32, type Segment } from '@goldpan/packet'

/** Server addresses told apart; a spoofed scan must not grow this, the rest shares one row. */
const serversMax = 256

export type Direction = 'inbound only' | 'outbound only' | 'both'

/** What was seen of the handshakes of one server address. */
export interface ServerView {
  readonly address: string
  readonly direction: Direction
  readonly syns: number
  readonly synacks: number
  readonly completed: number
  readonly synWithoutSynack: number
  readonly synackWithoutSyn: number
  readonly synackWithoutAck: number
  readonly synThenAckWithoutSynack: number
}

/** Columns of the counters. */
export const serverCounter = {
  syns: 0,
  synacks: 1,
  completed: 2,
  synWithoutSynack: 3,
  synackWithoutSyn: 4,
  synackWithoutAck: 5,
  synThenAckWithoutSynack: 6,
} as const
const columns = 8

type Counters = Record<keyof typeof serverCounter, number>

/** Counters per server address, for the verdict which directions a capture shows. */
export class ServerTable {
  readonly #addresses: Int32Array = new Int32Array(serversMax * 5)
  readonly #bytes: Uint8Array[] = []
  readonly #counters = new Float64Array(serversMax * columns)
  #last = 0

  /** Row of the server at `offset`; the last row stands for all beyond the bound. */
  indexOf(segment: Segment, offset: number): number {
    if (this.#isAt(this.#last, segment, offset)) return this.#last
    for (let index = 0; index < this.#bytes.length; index++) {
      if (this.#isAt(index, segment, offset)) {
        this.#last = index
        return index
      }
    }
    if (this.#bytes.length >= serversMax) return serversMax - 1
    return this.#add(segment, offset)
  }

  #isAt(index: number, segment: Segment, offset: number): boolean {
    if (index >= this.#bytes.length) return false
    const row = index * 5
    if (this.#addresses[row] !== segment.family) return false
    const words = segment.family === 6 ? 4 : 1
    for (let word = 0; word < words; word++) {
      if (this.#addresses[row + 1 + word] !== int32(segment.buffer, offset + word * 4)) return false
    }
    return true
  }

  #add(segment: Segment, offset: number): number {
    const index = this.#bytes.length
    const words = segment.family === 6 ? 4 : 1
    this.#addresses[index * 5] = segment.family
    for (let word = 0; word < words; word++) {
      this.#addresses[index * 5 + 1 + word] = int32(segment.buffer, offset + word * 4)
    }
    const bytes = new Uint8Array(16)
    if (words === 1) bytes.set([0xff, 0xff], 10)
    bytes.set(segment.buffer.subarray(offset, offset + words * 4), 16 - words * 4)
    this.#bytes.push(bytes)
    return index
  }

  /** Counts one in a column of {@link serverCounter}. */
  count(index: number, column: number): void {
    this.#counters[index * columns + column]!++
  }

  /** Every server seen, busiest first. */
  views(): ServerView[] {
    return this.#bytes
      .map((bytes, index) => {
        const counters = this.#countersOf(index)
        return { address: formatAddress(bytes), direction: directionOf(counters), ...counters }
      })
      .sort((left, right) => right.syns + right.synacks - left.syns - left.synacks)
  }

  #countersOf(index: number): Counters {
    const columnOf = Object.entries(serverCounter)
    return Object.fromEntries(
      columnOf.map(([name, column]) => [name, this.#counters[index * columns + column]!]),
    ) as Counters
  }
}

/** One direction is missing when nearly nothing of it was seen beside the other. */
function directionOf(counters: Counters): Direction {
  const { syns, synacks, completed } = counters
  if (synacks <= syns * 0.01 && completed === 0) return 'inbound only'
  if (syns + completed <= synacks * 0.01) return 'outbound only'
  return 'both'
}

import type { Segment } from '@goldpan/packet'
import { ConnectionRing, nanosSince, ringState, ringWord } from './connection-ring.ts'

/**
 * What clients opened in the last minute: each SYN by the number that the client sends next, and
 * the pending handshake that answered it. Under a flood the oldest SYN gives way, which costs its
 * accept delay, never the handshake.
 */

/** SYNs remembered at most; they take 4 MB. */
const openingsMax = 2 ** 16

/** Words of one opening. */
const opening = {
  seconds: ringWord.own,
  nanos: ringWord.own + 1,
  serverIndex: ringWord.own + 2,
  fingerprint: ringWord.own + 3,
  /**
   * Sequence number of the pending handshake that answered, valid with {@link state.answered};
   * before that, of a {@link state.second} number, the opening that has the SYN's first.
   */
  pending: ringWord.own + 4,
} as const

const state = { gone: ringState.gone, answered: 4, fastOpen: 8, second: 16 } as const

export class OpeningTable {
  /** SYNs that gave way before they were answered. */
  evicted = 0
  readonly #ring: ConnectionRing

  constructor(onUnanswered: (server: number) => void) {
    this.#ring = new ConnectionRing(openingsMax, (offset, evicted) => {
      const { words } = this.#ring
      if (words[offset + ringWord.state]! & (state.answered | state.gone | state.second)) return
      if (evicted) this.evicted++
      onUnanswered(words[offset + opening.serverIndex]!)
    })
  }

  /** Forgets SYNs that are older than a minute. */
  expire(nowSeconds: number): void {
    this.#ring.expire(nowSeconds)
  }

  /** False where {@link find} would find nothing, for most numbers that were never added. */
  mayHold(number: number, ports: number): boolean {
    return this.#ring.mayHold(number, ports)
  }

  /** Slot of the opening with this number, or −1. */
  find(number: number, segment: Segment, ports: number, client: number, server: number): number {
    return this.#ring.find(number, segment, ports, client, server)
  }

  /** Remembers a SYN at the time of `segment`; returns its slot. */
  add(
    number: number,
    segment: Segment,
    ports: number,
    client: number,
    server: number,
    serverIndex: number,
  ): number {
    const slot = this.#ring.add(number, segment, ports, client, server)
    this.#ring.words[slot + opening.serverIndex] = serverIndex
    this.setTime(slot, segment)
    return slot
  }

  /** Remembers another number that the newest SYN may be answered by; returns its slot. */
  addSecond(
    number: number,
    segment: Segment,
    ports: number,
    client: number,
    server: number,
  ): number {
    const first = this.#ring.newest
    const { words } = this.#ring
    const serverIndex = words[this.#ring.offsetOf(first) + opening.serverIndex]!
    const slot = this.add(number, segment, ports, client, server, serverIndex)
    words[slot + ringWord.state]! |= state.second
    words[slot + opening.pending] = first
    return slot
  }

  /** A repeated SYN: the accept delay counts from the last one before the SYN-ACK. */
  setTime(slot: number, segment: Segment): void {
    const { words } = this.#ring
    words[slot + opening.seconds] = segment.seconds | 0
    words[slot + opening.nanos] = segment.nanoseconds
  }

  /** Nanoseconds from the SYN to `segment`; may be negative. */
  nanosUntil(slot: number, segment: Segment): number {
    return nanosSince(this.#ring.words, slot + opening.seconds, segment)
  }

  fingerprint(slot: number): number {
    return this.#ring.words[slot + opening.fingerprint]!
  }

  setFingerprint(slot: number, fingerprint: number): void {
    this.#ring.words[slot + opening.fingerprint] = fingerprint
  }

  /** Whether the SYN carried data or a Fast Open cookie (RFC 7413). */
  isFastOpen(slot: number): boolean {
    return (this.#ring.words[slot + ringWord.state]! & state.fastOpen) !== 0
  }

  markFastOpen(slot: number): void {
    this.#ring.words[slot + ringWord.state]! |= state.fastOpen
  }

  isAnswered(slot: number): boolean {
    return (this.#ring.words[slot + ringWord.state]! & state.answered) !== 0
  }

  /** Sequence number of the pending handshake that answered. */
  pendingOf(slot: number): number {
    return this.#ring.words[slot + opening.pending]!
  }

  answer(slot: number, sequence: number): void {
    const { words } = this.#ring
    const first = words[slot + opening.pending]!
    const isSecond = (words[slot + ringWord.state]! & state.second) !== 0
    if (isSecond && !this.isAnswered(slot) && this.#ring.has(first)) {
      this.answer(this.#ring.offsetOf(first), sequence)
    }
    words[slot + ringWord.state]! |= state.answered
    words[slot + opening.pending] = sequence
  }

  /** The SYN was dealt with. */
  forget(slot: number): void {
    this.#ring.words[slot + ringWord.state]! |= state.gone
  }

  /** Reports every SYN that is still unanswered. */
  finish(): void {
    this.#ring.clear()
  }
}

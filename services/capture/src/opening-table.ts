import type { Segment } from '@goldpan/packet'
import type { ConnectionKey } from './connection-key.ts'
import { ConnectionRing, nanosSince, ringState, ringWord } from './connection-ring.ts'
import type { UnfinishedClients } from './unfinished-clients.ts'

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

const state = { gone: ringState.gone, answered: 4, fastOpen: 8, second: 16, acked: 32 } as const

export class OpeningTable {
  /** SYNs that gave way before they were answered. */
  evicted = 0
  readonly #ring: ConnectionRing

  readonly #unfinished: UnfinishedClients

  constructor(unfinished: UnfinishedClients, onUnanswered: (server: number) => void) {
    this.#unfinished = unfinished
    this.#ring = new ConnectionRing(openingsMax, (offset, evicted) => {
      const { words } = this.#ring
      if (!this.#isWaiting(offset)) return
      this.#endWaiting(offset)
      if (words[offset + ringWord.state]! & state.second) return
      if (evicted) this.evicted++
      onUnanswered(words[offset + opening.serverIndex]!)
    })
  }

  /** Forgets SYNs that are older than a minute. */
  expire(nowSeconds: number): void {
    this.#ring.expire(nowSeconds)
  }

  /** Slot of the opening with this number, or −1. */
  find(number: number, key: ConnectionKey): number {
    return this.#ring.find(number, key)
  }

  /** Remembers a SYN at the time of `segment`; returns its slot. */
  add(number: number, key: ConnectionKey, segment: Segment, serverIndex: number): number {
    const slot = this.#ring.add(number, key, segment.seconds | 0)
    this.#unfinished.add(key.client, key.ports)
    this.#ring.words[slot + opening.serverIndex] = serverIndex
    this.setTime(slot, segment)
    return slot
  }

  /** Remembers another number that the newest SYN may be answered by; returns its slot. */
  addSecond(number: number, key: ConnectionKey, segment: Segment): number {
    const first = this.#ring.newest
    const { words } = this.#ring
    const serverIndex = words[this.#ring.offsetOf(first) + opening.serverIndex]!
    const slot = this.add(number, key, segment, serverIndex)
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
    if (this.#isWaiting(slot)) this.#endWaiting(slot)
    words[slot + ringWord.state]! |= state.answered
    words[slot + opening.pending] = sequence
  }

  /** An ACK came before any SYN-ACK, which may still come; false for any but the first. */
  acknowledge(slot: number): boolean {
    if (!this.#isWaiting(slot)) return false
    this.#endWaiting(slot)
    this.#ring.words[slot + ringWord.state]! |= state.acked
    return true
  }

  /** The SYN was dealt with. */
  forget(slot: number): void {
    if (this.#isWaiting(slot)) this.#endWaiting(slot)
    this.#ring.words[slot + ringWord.state]! |= state.gone
  }

  #isWaiting(slot: number): boolean {
    const over = state.answered | state.gone | state.acked
    return (this.#ring.words[slot + ringWord.state]! & over) === 0
  }

  #endWaiting(slot: number): void {
    const { words } = this.#ring
    this.#unfinished.remove(words[slot + ringWord.client]!, words[slot + ringWord.ports]!)
  }

  /** Reports every SYN that is still unanswered. */
  finish(): void {
    this.#ring.clear()
  }
}

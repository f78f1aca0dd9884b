import { int32, type Segment } from '@goldpan/packet'

/**
 * What clients opened: each SYN by (client, server, the number that the client sends next), and the
 * pending handshake that answered it. A cache of four ways a set: under a flood the oldest SYN of
 * a set gives way, which costs its accept delay, never the handshake.
 */

const ways = 4
const openingWords = 7

/** What a slot holds. */
const use = { free: 0, unanswered: 1, answered: 2 } as const
const setBits = 15

export class OpeningTable {
  /** SYNs that gave way before they were answered. */
  evicted = 0
  readonly #numbers = new Int32Array(ways << setBits)
  readonly #words = new Int32Array((ways << setBits) * openingWords)
  readonly #use = new Uint8Array(ways << setBits)
  readonly #fastOpen = new Uint8Array(ways << setBits)
  readonly #onUnanswered: (server: number) => void

  constructor(onUnanswered: (server: number) => void) {
    this.#onUnanswered = onUnanswered
  }

  /** Slot of the opening with this number, or −1. */
  find(number: number, ports: number, segment: Segment, client: number, server: number): number {
    const first = setOf(number, ports) * ways
    for (let slot = first; slot < first + ways; slot++) {
      if (this.#numbers[slot] !== number || this.#use[slot] === use.free) continue
      const offset = slot * openingWords
      if (
        this.#words[offset] === ports &&
        this.#words[offset + 1] === addressHash(segment, client, server)
      ) {
        return slot
      }
    }
    return -1
  }

  /** Remembers a SYN at the time of `segment`; returns its slot. */
  add(
    number: number,
    ports: number,
    segment: Segment,
    client: number,
    server: number,
    serverIndex: number,
  ): number {
    const slot = this.#oldestOf(setOf(number, ports) * ways)
    if (this.#use[slot] === use.unanswered) {
      this.evicted++
      this.#onUnanswered(this.#words[slot * openingWords + 4]!)
    }
    const offset = slot * openingWords
    this.#numbers[slot] = number
    this.#use[slot] = use.unanswered
    this.#fastOpen[slot] = 0
    this.#words[offset] = ports
    this.#words[offset + 1] = addressHash(segment, client, server)
    this.#words[offset + 4] = serverIndex
    this.setTime(slot, segment)
    return slot
  }

  #oldestOf(first: number): number {
    let oldest = first
    for (let slot = first; slot < first + ways; slot++) {
      if (this.#use[slot] === use.free) return slot
      if (this.#seconds(slot) < this.#seconds(oldest)) oldest = slot
    }
    return oldest
  }

  #seconds(slot: number): number {
    return this.#words[slot * openingWords + 2]! >>> 0
  }

  /** A repeated SYN: the accept delay counts from the last one before the SYN-ACK. */
  setTime(slot: number, segment: Segment): void {
    const offset = slot * openingWords
    this.#words[offset + 2] = segment.seconds | 0
    this.#words[offset + 3] = segment.nanoseconds
  }

  /** Nanoseconds from the SYN to `segment`; may be negative. */
  nanosUntil(slot: number, segment: Segment): number {
    const offset = slot * openingWords
    const seconds = ((segment.seconds | 0) - this.#words[offset + 2]!) | 0
    return seconds * 1e9 + (segment.nanoseconds - this.#words[offset + 3]!)
  }

  fingerprint(slot: number): number {
    return this.#words[slot * openingWords + 5]!
  }

  setFingerprint(slot: number, fingerprint: number): void {
    this.#words[slot * openingWords + 5] = fingerprint
  }

  /** Whether the SYN carried data or a Fast Open cookie (RFC 7413). */
  isFastOpen(slot: number): boolean {
    return this.#fastOpen[slot] === 1
  }

  markFastOpen(slot: number): void {
    this.#fastOpen[slot] = 1
  }

  isAnswered(slot: number): boolean {
    return this.#use[slot] === use.answered
  }

  /** Sequence number of the pending handshake that answered. */
  pendingOf(slot: number): number {
    return this.#words[slot * openingWords + 6]!
  }

  answer(slot: number, sequence: number): void {
    this.#use[slot] = use.answered
    this.#words[slot * openingWords + 6] = sequence
  }

  free(slot: number): void {
    this.#use[slot] = use.free
  }

  /** Reports every SYN that is still unanswered. */
  finish(): void {
    for (const [slot, used] of this.#use.entries()) {
      if (used === use.unanswered) this.#onUnanswered(this.#words[slot * openingWords + 4]!)
    }
    this.#use.fill(use.free)
  }
}

function setOf(number: number, ports: number): number {
  return Math.imul(number ^ Math.imul(ports, 0x9e37_79b1), 0x85eb_ca6b) >>> (32 - setBits)
}

/** 32 bits of both addresses; with the number and the ports they stand for the whole key. */
function addressHash(segment: Segment, client: number, server: number): number {
  const { buffer, family } = segment
  let hash = family
  const bytes = family === 6 ? 16 : 4
  for (let at = 0; at < bytes; at += 4) {
    hash = Math.imul(hash ^ int32(buffer, client + at), 0x01_00_01_93) ^ (hash >>> 13)
    hash = Math.imul(hash ^ int32(buffer, server + at), 0x85_eb_ca_6b) ^ (hash >>> 16)
  }
  return hash
}

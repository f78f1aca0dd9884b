/**
 * The rules of docs/reference/handshake-rules.md as one would write them without a thought for
 * speed: lists of objects, searched from their end. Fast Open is left to the golden captures.
 */

export interface ModelSegment {
  readonly micros: number
  readonly kind: 'syn' | 'synack' | 'ack' | 'clientReset' | 'serverReset'
  /** Names client, server and ports. */
  readonly connection: string
  readonly sequence: number
  readonly acknowledgment: number
  readonly timestamps?: { readonly tsVal: number; readonly tsEcr: number }
  readonly payloadBytes: number
  /** Equal for copies of one packet. */
  readonly packet: string
}

export interface ModelRow {
  readonly micros: number
  readonly rttMicros: number
  readonly acceptMicros: number | undefined
  readonly retransmissions: number
  readonly flags: string
}

interface Opening {
  readonly connection: string
  readonly number: number
  readonly added: number
  readonly packet: string
  micros: number
  answer?: Pending
  isGone: boolean
}

interface Pending {
  readonly connection: string
  readonly expected: number
  readonly added: number
  readonly synacks: { readonly micros: number; readonly tsVal: number | undefined }[]
  packet: string
  acceptMicros?: number
  synMissing: boolean
  isDone: boolean
}

export class HandshakeModel {
  readonly rows: ModelRow[] = []
  readonly counters = { duplicates: 0, reset: 0, wrong_ack: 0, negative_rtt: 0, rtt_too_long: 0 }
  readonly #openings: Opening[] = []
  readonly #pending: Pending[] = []

  observe(segment: ModelSegment): void {
    if (segment.kind === 'syn') this.#syn(segment)
    else if (segment.kind === 'synack') this.#synack(segment)
    else if (segment.kind === 'ack') this.#ack(segment)
    else this.#reset(segment)
  }

  #opening(connection: string, number: number): Opening | undefined {
    return this.#openings.findLast(
      (each) => !each.isGone && each.connection === connection && each.number === number,
    )
  }

  #find(connection: string, expected: number): Pending | undefined {
    return this.#pending.findLast(
      (each) => each.connection === connection && each.expected === expected,
    )
  }

  #syn(segment: ModelSegment): void {
    const { micros, connection, packet } = segment
    forget(this.#openings, micros)
    const number = segment.sequence + 1
    const known = this.#opening(connection, number)
    if (known && micros - known.micros <= 60e6) {
      if (known.packet === packet && Math.abs(micros - known.micros) <= 5000)
        this.counters.duplicates++
      else if (!known.answer) known.micros = micros
      return
    }
    if (known) known.isGone = true
    this.#openings.push({ connection, number, added: micros, micros, packet, isGone: false })
  }

  #synack(segment: ModelSegment): void {
    const { micros, connection, packet } = segment
    forget(this.#pending, micros)
    const expected = segment.sequence + 1
    const known = this.#find(connection, expected)
    const synack = { micros, tsVal: segment.timestamps?.tsVal }
    if (!known) {
      const pending: Pending = {
        connection,
        expected,
        added: micros,
        synacks: [synack],
        packet,
        synMissing: true,
        isDone: false,
      }
      this.#pending.push(pending)
      this.#answer(pending, segment)
    } else if (known.isDone) {
      return
    } else if (known.packet === packet && Math.abs(micros - known.synacks.at(-1)!.micros) <= 5000) {
      this.counters.duplicates++
    } else {
      known.synacks.push(synack)
      known.packet = packet
    }
  }

  /** Ties the SYN to the SYN-ACK; one that was not seen is remembered as answered. */
  #answer(pending: Pending, segment: ModelSegment): void {
    const { micros, connection, acknowledgment: number } = segment
    const opening = this.#opening(connection, number)
    if (!opening) {
      forget(this.#openings, micros)
      const unseen = { connection, number, added: micros, micros, packet: '', isGone: false }
      this.#openings.push({ ...unseen, answer: pending })
      return
    }
    if (!opening.answer) {
      pending.synMissing = false
      const delay = micros - opening.micros
      if (delay >= 0 && delay <= 60e6) pending.acceptMicros = delay
    }
    opening.answer = pending
  }

  #ack(segment: ModelSegment): void {
    const { connection, acknowledgment, sequence } = segment
    const pending = this.#find(connection, acknowledgment)
    if (pending) {
      if (!pending.isDone) this.#complete(pending, segment)
      return
    }
    const opening = this.#opening(connection, sequence)
    if (opening?.answer && this.#isOpen(opening.answer)) this.counters.wrong_ack++
  }

  #isOpen(pending: Pending): boolean {
    return this.#pending.includes(pending) && !pending.isDone
  }

  #reset(segment: ModelSegment): void {
    const { kind, connection, sequence, acknowledgment } = segment
    const fromServer = kind === 'serverReset'
    const fits = this.#find(connection, fromServer ? sequence : acknowledgment)
    const pending =
      fits && this.#isOpen(fits)
        ? fits
        : this.#opening(connection, fromServer ? acknowledgment : sequence)?.answer
    if (!pending || !this.#isOpen(pending)) return
    pending.isDone = true
    this.counters.reset++
  }

  #complete(pending: Pending, segment: ModelSegment): void {
    pending.isDone = true
    const { answered, isAmbiguous } = answeredBy(pending, segment)
    const rttMicros = segment.micros - answered
    if (rttMicros < 0) this.counters.negative_rtt++
    else if (rttMicros > 10e6) this.counters.rtt_too_long++
    else this.rows.push(rowOf(pending, segment, rttMicros, isAmbiguous))
  }
}

/** The time of the SYN-ACK that an ACK answers; of the last one where that cannot be told. */
function answeredBy(pending: Pending, ack: ModelSegment) {
  const { synacks } = pending
  const last = synacks.at(-1)!.micros
  if (synacks.some(({ tsVal }) => tsVal === undefined) || !ack.timestamps) {
    return { answered: last, isAmbiguous: synacks.length > 1 }
  }
  const { tsEcr } = ack.timestamps
  const fitting = synacks.filter(({ tsVal }) => tsVal === tsEcr)
  if (fitting.length !== 1) return { answered: last, isAmbiguous: true }
  return { answered: fitting[0]!.micros, isAmbiguous: false }
}

function rowOf(pending: Pending, ack: ModelSegment, rtt: number, isAmbiguous: boolean): ModelRow {
  const { acceptMicros: accept, synMissing, synacks } = pending
  const isClientSide =
    accept !== undefined && accept <= 10e6 && rtt < 500 && accept > 1000 && accept > rtt * 20
  const flags = [
    isAmbiguous ? 'ambiguous' : '',
    ack.payloadBytes > 0 ? 'ack_with_data' : '',
    synMissing ? 'syn_missing' : '',
    isClientSide ? 'client_side' : '',
  ]
  return {
    micros: ack.micros - rtt,
    rttMicros: isClientSide ? accept : rtt,
    acceptMicros: isClientSide ? undefined : accept,
    retransmissions: synacks.length - 1,
    flags: flags.filter((flag) => flag !== '').join(' '),
  }
}

/** Entries leave in the order in which they came, once the oldest is over a minute old. */
function forget(entries: { readonly added: number }[], micros: number): void {
  const seconds = (time: number): number => Math.floor(time / 1e6)
  while (entries[0] && seconds(micros) - seconds(entries[0].added) > 60) entries.shift()
}

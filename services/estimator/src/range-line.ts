import type { BootLedger } from './boot-ledger.ts'

/**
 * One partition's way from messages to rows, each row once: choose a range, promise it, insert it,
 * commit its end. It is pure: it says what to do next and is told what became of it. Whoever does
 * it must know four things. A commit counts only when its success is known; any doubt ends the
 * ownership, and a new one begins by reading the committed offset. An insert is repeated under its
 * token until its success is known. Nothing is committed under another generation of the group than
 * the one that gave the ownership. Messages are taken in order, without gaps.
 */

/** What the line must know of a message; undecodable ones have no boot and no rows. */
export interface LineMessage {
  readonly offset: number
  readonly bytes: number
  readonly rows: number
  /** Days that its rows lie in: a block that touches too many is refused. */
  readonly days: readonly number[]
  /** Key of the boot in the ledger. */
  readonly boot?: string | undefined
  readonly firstRow: number
  readonly arrivedMillis: number
}

export interface LineLimits {
  /** A range is closed once it has so many rows: whatever waits by then goes along, … */
  readonly rowsMin: number
  /** … up to this many, unless one message has more. */
  readonly rowsMax: number
  readonly bytesMax: number
  readonly messagesMax: number
  readonly daysMax: number
  /** … or once its first message waited so long. */
  readonly ageMillis: number
  /** After a pause longer than this, others may own the partition: a promise is renewed. */
  readonly proofMillis: number
}

export interface Range<Message> {
  /** Offsets [start, end). */
  readonly start: number
  readonly end: number
  readonly messages: readonly Message[]
  /** Rows at the beginning of each message that were given before. */
  readonly skips: readonly number[]
  /** The next row of each boot in it, afterwards. */
  readonly nextRows: ReadonlyMap<string, number>
  /** Rows to insert, before they are checked. */
  readonly rows: number
  readonly duplicateRows: number
  /** Rows that a boot left out: dropped at the sensor. */
  readonly missingRows: number
}

export type LineAction<Message> =
  | { readonly do: 'wait'; readonly millis: number | undefined }
  /** Ask the table `ingests` for boots, then call `known`. */
  | { readonly do: 'look-up'; readonly boots: readonly string[] }
  | { readonly do: 'commit'; readonly next: number; readonly metadata: string }
  | { readonly do: 'insert'; readonly range: Range<Message> }

type Phase = 'gather' | 'promise' | 'insert' | 'conclude'

export interface Ownership {
  readonly incarnation: string
  readonly next: number
  readonly end?: number | undefined
  readonly ledger: BootLedger
  readonly nowMillis: number
}

export class RangeLine<Message extends LineMessage> {
  readonly #limits: () => LineLimits
  readonly #incarnation: string
  readonly #ledger: BootLedger
  #next: number
  #promisedEnd: number | undefined
  #position: number
  #queue: Message[] = []
  #queueRows = 0
  #phase: Phase = 'gather'
  #range: Range<Message> | undefined
  /** The range that the commit in flight promises beside concluding another. */
  #following: Range<Message> | undefined
  /** When it was last known that the partition is ours. */
  #provenMillis: number

  constructor(owned: Ownership, limits: () => LineLimits) {
    this.#limits = limits
    this.#incarnation = owned.incarnation
    this.#ledger = owned.ledger
    this.#next = owned.next
    this.#promisedEnd = owned.end
    this.#position = owned.next
    this.#provenMillis = owned.nowMillis
  }

  /** Offset of the next message to take. */
  get position(): number {
    return this.#position
  }

  /** Rows that wait for a range. */
  get waitingRows(): number {
    return this.#queueRows
  }

  get waitingMessages(): number {
    return this.#queue.length
  }

  /**
   * Takes messages that were read from offset `from` on. Returns false, and takes nothing, where
   * `from` lies behind the position: what is between is not known to be empty.
   */
  take(messages: readonly Message[], from: number): boolean {
    if (from > this.#position) return false
    for (const message of messages) {
      if (message.offset < this.#position) continue
      this.#queue.push(message)
      this.#queueRows += message.rows
      this.#position = message.offset + 1
    }
    return true
  }

  /** The log begins at `offset` now: what was before is gone, by the topic's retention. */
  skipTo(offset: number): void {
    this.#position = Math.max(this.#position, offset)
  }

  /** What to do now. `isLast`: no more messages are wanted, close what is there. */
  action(nowMillis: number, isLast = false): LineAction<Message> {
    switch (this.#phase) {
      case 'gather':
        return this.#gather(nowMillis, isLast)
      case 'promise':
        return this.#commit(this.#next, this.#range!.end)
      case 'insert':
        if (nowMillis - this.#provenMillis > this.#limits().proofMillis) {
          return this.#commit(this.#next, this.#range!.end)
        }
        return { do: 'insert', range: this.#range! }
      case 'conclude': {
        this.#following ??= this.#closeNow(this.#range!.end, nowMillis, isLast)
        return this.#commit(this.#range!.end, this.#following?.end)
      }
    }
  }

  /** The committed offset is known to be what the last action said. */
  committed(nowMillis: number): void {
    this.#provenMillis = nowMillis
    if (this.#phase !== 'conclude') {
      this.#phase = 'insert'
      return
    }
    this.#next = this.#range!.end
    this.#range = this.#following
    this.#following = undefined
    this.#promisedEnd = undefined
    this.#phase = this.#range ? 'insert' : 'gather'
  }

  /** The range of the last action is known to be in the warehouse, its boots in `ingests`. */
  inserted(): void {
    for (const [boot, nextRow] of this.#range!.nextRows) this.#ledger.set(boot, nextRow)
    this.#phase = 'conclude'
  }

  /** What the table `ingests` says of boots that the ledger does not know. */
  known(nextRows: ReadonlyMap<string, number>): void {
    for (const [boot, nextRow] of nextRows) {
      if (this.#ledger.nextRow(boot) === undefined) this.#ledger.set(boot, nextRow)
    }
  }

  #gather(nowMillis: number, isLast: boolean): LineAction<Message> {
    const promised = this.#promisedEnd
    if (promised !== undefined && this.#position < promised) {
      return { do: 'wait', millis: undefined }
    }
    const count =
      promised === undefined ? this.#countChosen(nowMillis, isLast) : this.#countBelow(promised)
    if (count === 0 && promised === undefined) {
      const first = this.#queue[0]
      const age = this.#limits().ageMillis
      return { do: 'wait', millis: first && first.arrivedMillis + age - nowMillis }
    }
    const boots = this.#unknownBoots(count)
    if (boots.length > 0) return { do: 'look-up', boots }
    this.#range = this.#close(this.#next, count, promised)
    this.#phase = promised === undefined ? 'promise' : 'insert'
    return this.action(nowMillis, isLast)
  }

  /** The next range when it may be closed at once, without asking anyone. */
  #closeNow(start: number, nowMillis: number, isLast: boolean): Range<Message> | undefined {
    const count = this.#countChosen(nowMillis, isLast)
    if (count === 0 || this.#unknownBoots(count).length > 0) return undefined
    return this.#close(start, count, undefined)
  }

  #countBelow(end: number): number {
    const index = this.#queue.findIndex(({ offset }) => offset >= end)
    return index < 0 ? this.#queue.length : index
  }

  /** Messages of a range that may be closed now; 0: it is too early. */
  #countChosen(nowMillis: number, isLast: boolean): number {
    const { rowsMin, rowsMax, bytesMax, messagesMax, daysMax, ageMillis } = this.#limits()
    let rows = 0
    let bytes = 0
    const days = new Set<number>()
    for (const [index, message] of this.#queue.entries()) {
      rows += message.rows
      bytes += message.bytes
      for (const day of message.days) days.add(day)
      const isTooMuch = rows > rowsMax || bytes > bytesMax || days.size > daysMax
      if (isTooMuch && index > 0) return index
      if (index + 1 >= messagesMax) return index + 1
    }
    const first = this.#queue[0]
    const isDue = first !== undefined && nowMillis - first.arrivedMillis >= ageMillis
    return rows >= rowsMin || isDue || isLast ? this.#queue.length : 0
  }

  #unknownBoots(count: number): string[] {
    const boots = new Set<string>()
    for (const { boot } of this.#queue.slice(0, count)) {
      if (boot !== undefined && this.#ledger.nextRow(boot) === undefined) boots.add(boot)
    }
    return [...boots]
  }

  #close(start: number, count: number, promised: number | undefined): Range<Message> {
    const messages = this.#queue.splice(0, count)
    const nextRows = new Map<string, number>()
    const skips: number[] = []
    let rows = 0
    let duplicateRows = 0
    let missingRows = 0
    for (const { boot, firstRow, rows: has } of messages) {
      this.#queueRows -= has
      if (boot === undefined) {
        skips.push(0)
        continue
      }
      const next = nextRows.get(boot) ?? this.#ledger.nextRow(boot) ?? 0
      const skip = Math.min(Math.max(next - firstRow, 0), has)
      skips.push(skip)
      rows += has - skip
      duplicateRows += skip
      missingRows += Math.max(firstRow - next, 0)
      nextRows.set(boot, Math.max(next, firstRow + has))
    }
    const end = promised ?? messages.at(-1)!.offset + 1
    return { start, end, messages, skips, nextRows, rows, duplicateRows, missingRows }
  }

  #commit(next: number, end: number | undefined): LineAction<Message> {
    return { do: 'commit', next, metadata: this.#ledger.encode(this.#incarnation, end) }
  }
}

import type { HandshakeBatch, TrafficBatch } from '@goldpan/core'

/** Rows of a message at most. */
export const batchRowsMax = 262_144
const rowsAtStart = 1024

/** A batch that starts small, doubles while it fills, and is sent when it holds the most. */
export class RowBatch<Batch extends HandshakeBatch | TrafficBatch> {
  batch: Batch
  readonly #create: (capacity: number) => Batch
  readonly #send: (batch: Batch) => void
  readonly #rowsMax: number

  constructor(
    create: (capacity: number) => Batch,
    send: (batch: Batch) => void,
    rowsMax = batchRowsMax,
  ) {
    this.#create = create
    this.#send = send
    this.#rowsMax = rowsMax
    this.batch = create(Math.min(rowsAtStart, rowsMax))
  }

  /** Called when `batch` holds its capacity. */
  full(): void {
    if (this.batch.capacity >= this.#rowsMax) return this.flush()
    const larger = this.#create(Math.min(this.batch.capacity * 2, this.#rowsMax))
    for (const [name, column] of Object.entries(this.batch)) {
      if (ArrayBuffer.isView(column))
        (larger as unknown as Columns)[name]!.set(column as Uint8Array)
    }
    larger.length = this.batch.length
    if ('links' in larger && 'links' in this.batch) larger.links = this.batch.links
    this.batch = larger
  }

  /** Sends what is there. */
  flush(): void {
    if (this.batch.length > 0) this.#send(this.batch)
    this.batch.length = 0
  }

  /** Gives the room back; the batch is used no more, or little. */
  shrink(): void {
    if (this.batch.length === 0 && this.batch.capacity > rowsAtStart) {
      this.batch = this.#create(Math.min(rowsAtStart, this.#rowsMax))
    }
  }
}

type Columns = Record<string, Uint8Array>

/** Rows of all partitions together that may wait for the warehouse, and again be on their way. */
export const backlogRowsMax = 1_600_000

/**
 * What waits in the partitions of one estimator. A block may be the larger the fewer partitions
 * have something to insert: large ones cost the engine far less, and memory stays bounded.
 */
export class Backlog {
  readonly #waiting = new Set<object>()

  /** Notes whether a partition has rows that wait. */
  note(partition: object, rows: number): void {
    if (rows > 0) this.#waiting.add(partition)
    else this.#waiting.delete(partition)
  }

  /** Rows that each partition may have waiting, and may insert as one block. */
  share(rowsMin: number, rowsMax: number): number {
    const even = Math.floor(backlogRowsMax / Math.max(this.#waiting.size, 1))
    return Math.max(Math.min(even, rowsMax), rowsMin)
  }
}

/** Messages of a partition that wait before fetching pauses; of rows as many as make a block. */
const waitingMessagesMax = 20_000

interface Waiting {
  readonly waitingRows: number
  readonly waitingMessages: number
}

/** Whether fetching is to stand still: once too much waits, until half of that is gone. */
export function mustPause(
  { waitingRows, waitingMessages }: Waiting,
  rowsMax: number,
  isPaused: boolean,
): boolean {
  const share = isPaused ? 0.5 : 1
  const isEmptier = waitingRows < rowsMax * share && waitingMessages < waitingMessagesMax * share
  return !isEmptier
}

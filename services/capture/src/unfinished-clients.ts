/**
 * How many unfinished handshakes there are for the hash of a client's end: SYNs without an answer
 * and SYN-ACKs without their ACK.
 *
 * Nearly every ACK belongs to a connection whose handshake is over. One byte of a small table says
 * so; the large tables of the tracker are not touched (bench/extraction.ts).
 */

const slots = 2 ** 18
/** A count that got here is not exact any more and stays: its clients are looked up, no more. */
const countMax = 255

export class UnfinishedClients {
  readonly #counts = new Uint8Array(slots)

  /** False where no handshake of this client and these ports is unfinished. */
  mayHave(client: number, ports: number): boolean {
    return this.#counts[slotOf(client, ports)] !== 0
  }

  /** A handshake has begun. */
  add(client: number, ports: number): void {
    const slot = slotOf(client, ports)
    const count = this.#counts[slot]!
    if (count < countMax) this.#counts[slot] = count + 1
  }

  /** A handshake is over: completed, reset, or forgotten. */
  remove(client: number, ports: number): void {
    const slot = slotOf(client, ports)
    const count = this.#counts[slot]!
    if (count < countMax) this.#counts[slot] = count - 1
  }
}

/** `client` is the word that `addressKey` makes, `ports` has the client's in the upper half. */
function slotOf(client: number, ports: number): number {
  return Math.imul(client ^ Math.imul(ports, 0x9e37_79b1), 0x85eb_ca6b) >>> 14
}

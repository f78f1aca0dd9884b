import { createHmac } from 'node:crypto'
import { addressBytes, type HandshakeBatch, handshakePresent } from '@goldpan/core'

/** Tags remembered at most; more clients than that a day are hashed again. */
const tagsMax = 65_536
const secondsPerDay = 86_400

/**
 * Replaces clients by tags: 32 bits of a keyed hash of the address and the day (UTC, packet time).
 *
 * A tag stands in the place of the client as `::a.b.c.d`, which no client can be (RFC 4291
 * §2.5.5.1). With the same key, sensors give a client the same tag for a day; without the key
 * nobody can tell the address, and from one day to the next nobody can tell it is the same.
 */
export class ClientTagger {
  readonly #key: Uint8Array
  readonly #tags = new Map<string, number>()
  #day = Number.NaN

  constructor(key: Uint8Array) {
    this.#key = key
  }

  /** Tags every client of a batch; ports are left out. */
  tag(batch: HandshakeBatch): void {
    for (let row = 0; row < batch.length; row++) {
      batch.clientPort[row] = 0
      if (!(batch.present[row]! & handshakePresent.client)) continue
      const at = row * addressBytes
      const tag = this.#tagOf(batch.client.subarray(at, at + addressBytes), batch.timeMicros[row]!)
      batch.client.fill(0, at, at + 12)
      batch.client[at + 12] = tag >>> 24
      batch.client[at + 13] = tag >>> 16
      batch.client[at + 14] = tag >>> 8
      batch.client[at + 15] = tag
    }
  }

  #tagOf(client: Uint8Array, timeMicros: number): number {
    const day = Math.floor(timeMicros / 1e6 / secondsPerDay)
    if (day !== this.#day || this.#tags.size >= tagsMax) this.#tags.clear()
    this.#day = day
    const address = Buffer.from(client.buffer, client.byteOffset, client.length).toString('latin1')
    const known = this.#tags.get(address)
    if (known !== undefined) return known
    const tag = createHmac('sha256', this.#key)
      .update(`${day}/`)
      .update(client)
      .digest()
      .readUInt32BE(0)
    this.#tags.set(address, tag)
    return tag
  }
}

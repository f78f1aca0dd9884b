import { addressBytes } from '@goldpan/core'
import { int32, type Segment } from '@goldpan/packet'

/** A service and the server addresses that are its own. */
export interface ServiceAddresses {
  readonly service: string
  /** 16 bytes each. */
  readonly addresses: readonly Uint8Array[]
}

const addressWords = addressBytes / 4
const mappedWord = 0xffff

/** The server addresses of one service; what is sent to or by others is not its own. */
export class ServedServers {
  readonly counters = { packets_of_other_services: 0, packets_of_unlisted_servers: 0 }
  /** Handshakes of exports whose servers are not the service's own. */
  otherRows = 0
  readonly #isServerPort = new Uint8Array(65_536)
  readonly #words: Int32Array
  readonly #isOwn: readonly boolean[]

  constructor(service: string, services: readonly ServiceAddresses[], ports: readonly number[]) {
    const own = services.flatMap((each) => each.addresses.map(() => each.service === service))
    const bytes = services.flatMap(({ addresses }) => addresses)
    this.#isOwn = own
    this.#words = Int32Array.from(
      bytes.flatMap((address) => [0, 4, 8, 12].map((offset) => int32(address, offset))),
    )
    for (const port of ports) this.#isServerPort[port] = 1
  }

  /** Whether a packet is to or from a server of the service; one of no server port is. */
  serves(segment: Segment): boolean {
    const { buffer, family, sourceOffset, destinationOffset } = segment
    const isTo = this.#isServerPort[segment.destinationPort] === 1
    const isFrom = this.#isServerPort[segment.sourcePort] === 1
    if (!isTo && !isFrom) return true
    const to = isTo ? this.#indexOf(buffer, destinationOffset, family) : -1
    const index = to < 0 && isFrom ? this.#indexOf(buffer, sourceOffset, family) : to
    if (index >= 0 && this.#isOwn[index]) return true
    if (index >= 0) this.counters.packets_of_other_services++
    else this.counters.packets_of_unlisted_servers++
    return false
  }

  /** Whether the server of an exported handshake (16 bytes) is the service's own. */
  servesRow(bytes: Uint8Array, offset: number): boolean {
    const index = this.#indexOf(bytes, offset, 6)
    return index >= 0 && this.#isOwn[index]!
  }

  #indexOf(bytes: Uint8Array, offset: number, family: number): number {
    const words = this.#words
    const last = int32(bytes, family === 6 ? offset + 12 : offset)
    for (let index = 0; index < this.#isOwn.length; index++) {
      const at = index * addressWords
      if (words[at + 3] === last && this.#hasLead(at, bytes, offset, family)) return index
    }
    return -1
  }

  /** Whether the first three words are equal; those of an IPv4 address say that it is mapped. */
  #hasLead(at: number, bytes: Uint8Array, offset: number, family: number): boolean {
    for (let word = 0; word < addressWords - 1; word++) {
      const mapped = word === 2 ? mappedWord : 0
      const expected = family === 6 ? int32(bytes, offset + word * 4) : mapped
      if (this.#words[at + word] !== expected) return false
    }
    return true
  }
}

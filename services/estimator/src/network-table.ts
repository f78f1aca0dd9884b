/** A network as an operator's file has it; what is absent is not known. */
export interface Network {
  readonly asn?: number
  readonly name?: string
  readonly country?: string
}

/**
 * What one file says: its ranges map the client prefix (/24, /48) at `offset` to indexes of
 * `networks`.
 */
export interface NetworkSource {
  readonly ranges: { lookup(bytes: Uint8Array, offset: number): number }
  readonly networks: readonly Network[]
}

/** Several files as one: of each field the first file that knows it speaks. */
export class NetworkTable {
  readonly #sources: readonly NetworkSource[]
  readonly #merged: Network[] = []
  /** Index of the merged network by the sources' indexes, joined. */
  readonly #byKey = new Map<string, number>()

  constructor(sources: readonly NetworkSource[]) {
    this.#sources = sources
  }

  /** Number of the network that holds the address at `offset`, or −1. */
  lookup(bytes: Uint8Array, offset: number): number {
    if (this.#sources.length === 1) return this.#sources[0]!.ranges.lookup(bytes, offset)
    const indexes = this.#sources.map((source) => source.ranges.lookup(bytes, offset))
    if (indexes.every((index) => index < 0)) return -1
    const key = indexes.join()
    const known = this.#byKey.get(key)
    if (known !== undefined) return known
    const parts = indexes.map((index, source) => this.#sources[source]!.networks[index] ?? {})
    this.#merged.push(Object.assign({}, ...parts.reverse()))
    this.#byKey.set(key, this.#merged.length - 1)
    return this.#merged.length - 1
  }

  /** The network of a number that {@link lookup} gave. */
  network(index: number): Network {
    return this.#sources.length === 1 ? this.#sources[0]!.networks[index]! : this.#merged[index]!
  }

  /** Names by AS number, of every file. */
  names(): Map<number, string> {
    const names = new Map<number, string>()
    for (const { networks } of this.#sources) {
      for (const { asn, name } of networks) {
        if (asn !== undefined && name !== undefined && !names.has(asn)) names.set(asn, name)
      }
    }
    return names
  }
}

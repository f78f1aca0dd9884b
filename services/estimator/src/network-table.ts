import { isIpv4 } from '@goldpan/core'

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

/** Client prefixes whose network is remembered: a power of two, 3 MB. */
const rememberedMax = 2 ** 18
const ipv6Marker = 2 ** 48
const slotShift = 14

/**
 * What enrichment asks of a client prefix, as one exact Number: bits 0–31 the AS number (0: not
 * known), bits 32–47 the number of its country in {@link NetworkTable.countries} (0: not known),
 * bit 48 set for IPv6.
 */
export type PackedPlace = number

const countryUnit = 2 ** 32
const countriesMax = 2 ** 16
const ipv6Place = 2 ** 48

export const asnOf = (place: PackedPlace): number => place >>> 0
export const countryNumberOf = (place: PackedPlace): number => (place / countryUnit) & 0xffff
export const ipVersionOf = (place: PackedPlace): 4 | 6 => (place >= ipv6Place ? 6 : 4)

/** Several files as one: of each field the first file that knows it speaks. */
export class NetworkTable {
  readonly #sources: readonly NetworkSource[]
  readonly #merged: Network[] = []
  /** Index of the merged network by the sources' indexes, joined. */
  readonly #byKey = new Map<string, number>()

  /** Keys and their places in turn: what is found once lies in one line of the cache. */
  readonly #remembered = new Float64Array(2 * rememberedMax).fill(-1)
  readonly #countries: string[] = ['']
  readonly #countryNumbers = new Map<string, number>()

  constructor(sources: readonly NetworkSource[]) {
    this.#sources = sources
  }

  /** Texts of the countries by their numbers; number 0 is none. It grows with what is found. */
  get countries(): readonly string[] {
    return this.#countries
  }

  /** AS number, country and IP version of the client prefix (/24, /48) at `offset`. */
  place(bytes: Uint8Array, offset: number): PackedPlace {
    const key = clientKey(bytes, offset)
    const slot = (Math.imul(key ^ (key / 2 ** 24), 0x9e37_79b1) >>> slotShift) * 2
    if (this.#remembered[slot] === key) return this.#remembered[slot + 1]!
    const { asn = 0, country } = this.#networkAt(bytes, offset)
    const version = key >= ipv6Marker ? ipv6Place : 0
    const place = version + this.#countryNumber(country) * countryUnit + asn
    this.#remembered[slot] = key
    this.#remembered[slot + 1] = place
    return place
  }

  #networkAt(bytes: Uint8Array, offset: number): Network {
    const index = this.lookup(bytes, offset)
    return index < 0 ? {} : this.network(index)
  }

  #countryNumber(country: string | undefined): number {
    if (country === undefined) return 0
    const known = this.#countryNumbers.get(country)
    if (known !== undefined) return known
    // A file that has so many has no countries there.
    if (this.#countries.length >= countriesMax) return 0
    this.#countryNumbers.set(country, this.#countries.length)
    return this.#countries.push(country) - 1
  }

  /** Number of the network that holds the client prefix (/24, /48) at `offset`, or −1. */
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

/** The bits that tell a client prefix from all others, exact as a Number. */
function clientKey(bytes: Uint8Array, offset: number): number {
  if (isIpv4(bytes, offset)) {
    return (bytes[offset + 12]! << 16) | (bytes[offset + 13]! << 8) | bytes[offset + 14]!
  }
  const high = (bytes[offset]! << 16) | (bytes[offset + 1]! << 8) | bytes[offset + 2]!
  const low = (bytes[offset + 3]! << 16) | (bytes[offset + 4]! << 8) | bytes[offset + 5]!
  return ipv6Marker + high * 2 ** 24 + low
}

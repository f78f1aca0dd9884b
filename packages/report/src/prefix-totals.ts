import { type AddressIndex, addressBytes, createAddressIndex, ipVersion } from '@goldpan/core'
import { tableFromIPC } from 'apache-arrow'

/** Every prefix at each of its sites, prefix after prefix, column by column. */
export interface PrefixTotals {
  readonly length: number
  readonly version: Uint8Array
  /** Number of the prefix, from 0. */
  readonly prefix: Uint32Array
  readonly site: Uint16Array
  /** 0: unknown. */
  readonly network: Uint32Array
  readonly handshakes: Uint32Array
  /** Median of the handshakes, microseconds; 0 without any. */
  readonly rttMicros: Uint32Array
  readonly queries: Float64Array
}

/** Joins the rows of a `report-prefix-handshakes.sql` and a `report-prefix-queries.sql` stream. */
export function joinTotals(handshakes: Uint8Array, queries: Uint8Array): PrefixTotals {
  const measured = readPairs(handshakes, ['network', 'handshake_count', 'rtt_us'])
  const asked = readPairs(queries, ['network', 'query_count'])
  const index = createAddressIndex(Math.max(measured.length, asked.length))
  const pairs = new PairBook(index, measured.length + asked.length)
  const measuredAt = pairs.addAll(measured)
  const askedAt = pairs.addAll(asked)
  const { rowOf, prefix, site } = pairs.prefixAfterPrefix()
  const length = prefix.length
  const totals = {
    ...{ length, prefix, site, version: versionsOf(index, prefix) },
    network: new Uint32Array(length),
    handshakes: new Uint32Array(length),
    rttMicros: new Uint32Array(length),
    queries: new Float64Array(length),
  }
  const [networks, counts, rtts] = measured.values as [Numbers, Numbers, Numbers]
  for (let pair = 0; pair < measured.length; pair++) {
    const row = rowOf[measuredAt[pair]!]!
    totals.network[row] = networks[pair]!
    totals.handshakes[row] = counts[pair]!
    totals.rttMicros[row] = rtts[pair]!
  }
  const [askingNetworks, queryCounts] = asked.values as [Numbers, Numbers]
  for (let pair = 0; pair < asked.length; pair++) {
    const row = rowOf[askedAt[pair]!]!
    totals.network[row] = Math.max(totals.network[row]!, askingNetworks[pair]!)
    totals.queries[row] = queryCounts[pair]!
  }
  return totals
}

type Numbers = Uint32Array | Float64Array

/** Rows of a stream that stand each for a prefix at a site. */
interface Pairs {
  readonly length: number
  readonly prefixes: Uint8Array
  readonly sites: Uint16Array
  /** The other columns, in the order of their names. */
  readonly values: readonly Numbers[]
}

function readPairs(stream: Uint8Array, names: readonly string[]): Pairs {
  const table = tableFromIPC(stream)
  const length = table.numRows
  const prefixes = new Uint8Array(length * addressBytes)
  const sites = new Uint16Array(length)
  const values: Numbers[] = names.map((name) =>
    name === 'query_count' ? new Float64Array(length) : new Uint32Array(length),
  )
  let row = 0
  for (const batch of table.batches) {
    const rows = batch.numRows
    const column = (name: string) => batch.getChild(name)!.data[0]!.values
    prefixes.set(column('known_prefix').subarray(0, rows * addressBytes), row * addressBytes)
    sites.set(column('site_number').subarray(0, rows), row)
    for (const [index, name] of names.entries()) {
      values[index]!.set(column(name).subarray(0, rows), row)
    }
    row += rows
  }
  return { length, prefixes, sites, values }
}

/** Numbers pairs of prefix and site; those of a prefix form a chain. */
class PairBook {
  readonly #index: AddressIndex
  readonly #site: Uint16Array
  readonly #next: Int32Array
  /** By prefix. */
  readonly #first: Int32Array
  #length = 0

  constructor(index: AddressIndex, pairsMax: number) {
    this.#index = index
    this.#site = new Uint16Array(pairsMax)
    this.#next = new Int32Array(pairsMax)
    this.#first = new Int32Array(pairsMax).fill(-1)
  }

  /** The numbers of all pairs, new ones added. */
  addAll({ length, prefixes, sites }: Pairs): Int32Array {
    const numbers = this.#index.addAll(prefixes, length)
    for (let row = 0; row < length; row++) numbers[row] = this.#add(numbers[row]!, sites[row]!)
    return numbers
  }

  #add(prefix: number, site: number): number {
    for (let pair = this.#first[prefix]!; pair >= 0; pair = this.#next[pair]!) {
      if (this.#site[pair] === site) return pair
    }
    const pair = this.#length++
    this.#site[pair] = site
    this.#next[pair] = this.#first[prefix]!
    this.#first[prefix] = pair
    return pair
  }

  /** The pairs, those of a prefix together, and the row that each pair has then. */
  prefixAfterPrefix(): { rowOf: Uint32Array; prefix: Uint32Array; site: Uint16Array } {
    const rowOf = new Uint32Array(this.#length)
    const prefix = new Uint32Array(this.#length)
    const site = new Uint16Array(this.#length)
    let row = 0
    for (let number = 0; number < this.#index.length; number++) {
      for (let pair = this.#first[number]!; pair >= 0; pair = this.#next[pair]!) {
        rowOf[pair] = row
        prefix[row] = number
        site[row++] = this.#site[pair]!
      }
    }
    return { rowOf, prefix, site }
  }
}

function versionsOf(index: AddressIndex, prefixes: Uint32Array): Uint8Array {
  const bytes = index.bytes()
  const versions = new Uint8Array(prefixes.length)
  for (let row = 0; row < versions.length; row++) {
    versions[row] = ipVersion(bytes, prefixes[row]! * addressBytes)
  }
  return versions
}

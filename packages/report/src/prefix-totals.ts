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

/** The rows of a `report-prefixes.sql` stream, its batches joined. */
export function readTotals(stream: Uint8Array): PrefixTotals {
  const table = tableFromIPC(stream)
  const length = table.numRows
  const totals = {
    length,
    version: new Uint8Array(length),
    prefix: new Uint32Array(length),
    site: new Uint16Array(length),
    network: new Uint32Array(length),
    handshakes: new Uint32Array(length),
    rttMicros: new Uint32Array(length),
    queries: new Float64Array(length),
  }
  const prefixes = new Uint8Array(length * 16)
  let row = 0
  for (const batch of table.batches) {
    const rows = batch.numRows
    const values = (name: string) => batch.getChild(name)!.data[0]!.values
    totals.version.set(values('version').subarray(0, rows), row)
    totals.site.set(values('site_number').subarray(0, rows), row)
    totals.network.set(values('network').subarray(0, rows), row)
    totals.handshakes.set(values('handshake_count').subarray(0, rows), row)
    totals.rttMicros.set(values('rtt_us').subarray(0, rows), row)
    totals.queries.set(values('query_count').subarray(0, rows), row)
    prefixes.set(values('known_prefix').subarray(0, rows * 16), row * 16)
    row += rows
  }
  numberPrefixes(totals.prefix, totals.version, prefixes)
  return totals
}

function numberPrefixes(numbers: Uint32Array, version: Uint8Array, prefixes: Uint8Array): void {
  const words = new Int32Array(prefixes.buffer)
  for (let row = 1; row < numbers.length; row++) {
    const at = row * 4
    const isSame =
      version[row] === version[row - 1] &&
      words[at] === words[at - 4] &&
      words[at + 1] === words[at - 3] &&
      words[at + 2] === words[at - 2] &&
      words[at + 3] === words[at - 1]
    numbers[row] = numbers[row - 1]! + (isSame ? 0 : 1)
  }
}

import {
  type AnalyzerExtent,
  type AnalyzerSpan,
  readAnalyzerHandshakes,
  readAnalyzerHours,
  readAnalyzerPrefixes,
  readAnalyzerTraffic,
  type Warehouse,
} from '@goldpan/warehouse'
import { type Data, tableFromIPC, type Utf8, type Vector } from 'apache-arrow'
import type { LearnedNetwork } from './known-networks.ts'
import { createMinuteWindowBuilder, type MinuteWindow } from './minute-window.ts'
import type { PrefixTable } from './prefix-table.ts'
import { type MinuteSpan, planSpans, spanBounds } from './span-plan.ts'

/** Reads the minutes of a service from the warehouse, a span of some million rows at a time. */

export interface WindowSource {
  readonly warehouse: Warehouse
  readonly service: string
  readonly table: PrefixTable
  /** Codes by site number. */
  readonly sites: readonly string[]
  readonly firstMinute: number
  readonly lastMinute: number
  /** Nothing outside is read, microseconds since 1970; `toMicros` is exclusive. */
  readonly fromMicros: number
  readonly toMicros: number
  /** Rows in all; decides whether they are read at once. */
  readonly rows: number
}

/**
 * Adds the prefixes that completed a handshake between two minutes to the table; returns what is
 * known now of prefixes that were there without their network or country.
 */
export async function readPrefixes(
  source: Omit<WindowSource, 'sites' | 'rows'>,
): Promise<ReadonlyMap<number, LearnedNetwork>> {
  const { table } = source
  const span = spanOf(source, source.firstMinute, source.lastMinute)
  const rows = tableFromIPC(await readAnalyzerPrefixes(source.warehouse, span))
  const learned = new Map<number, LearnedNetwork>()
  for (const batch of rows.batches) {
    const prefixes = bytesOf(batch.getChild('prefix'))
    const asns = numbersOf(batch.getChild('asn'))
    const countryAt = textsOf(batch.getChild('country'))
    for (let row = 0; row < batch.numRows; row++) {
      const country = countryAt(row)
      const asn = asns[row]!
      const prefix = table.add(prefixes, row * 16, asn, country)
      const isNews =
        (asn !== 0 && table.asn(prefix) === 0) || (country !== '' && table.country(prefix) === 0)
      if (isNews) learned.set(prefix, { asn, country })
    }
  }
  return learned
}

/** The minutes that have rows, in order, and the first and the last, whether they have or not. */
export async function* readWindows(source: WindowSource): AsyncIterable<MinuteWindow> {
  const { firstMinute, lastMinute } = source
  const builder = createMinuteWindowBuilder()
  let next = firstMinute
  for (const { from, to } of await spansOf(source)) {
    const handshakes = await readRows(source, from, to, 'handshakes')
    const traffic = await readRows(source, from, to, 'traffic')
    if (from > firstMinute && next === firstMinute) yield builder.take(next++)
    for (let minute = from; minute <= to; minute++) {
      traffic.each(minute, (row) => {
        builder.addSeen(traffic.prefix[row]!, traffic.site[row]!, traffic.value[row]!)
      })
      handshakes.each(minute, (row) => {
        builder.addHandshake(handshakes.prefix[row]!, handshakes.site[row]!, handshakes.value[row]!)
      })
      const isEdge = minute === firstMinute || minute === lastMinute
      if (!builder.hasRows && !isEdge) continue
      yield builder.take(minute)
      next = minute + 1
    }
  }
  if (next === firstMinute) yield builder.take(next++)
  if (next <= lastMinute) yield builder.take(lastMinute)
}

/** One span where its rows and minutes are few; else those of the hours that have rows. */
async function spansOf(source: WindowSource): Promise<readonly MinuteSpan[]> {
  const { firstMinute: from, lastMinute: to, rows } = source
  if (rows <= spanBounds.rows && to - from < spanBounds.minutes) return [{ from, to }]
  const hours = await readAnalyzerHours(source.warehouse, spanOf(source, from, to))
  return planSpans(hours, { from, to })
}

/** What `extents` say together: first and last minute, rows, and what may serve as weight. */
export function summarizeExtents(extents: readonly AnalyzerExtent[]): {
  readonly firstMinute: number
  readonly lastMinute: number
  readonly rows: number
  readonly weight: 'queries' | 'handshakes'
} {
  const withHandshakes = extents.filter(({ handshakes }) => handshakes > 0)
  const comparable = withHandshakes.every(({ counted }) => counted > 0)
  return {
    firstMinute: Math.min(...extents.map(({ firstMinute }) => firstMinute)),
    lastMinute: Math.max(...extents.map(({ lastMinute }) => lastMinute)),
    rows: extents.reduce((sum, { handshakes, traffic }) => sum + handshakes + traffic, 0),
    weight: comparable ? 'queries' : 'handshakes',
  }
}

interface SpanRows {
  readonly prefix: Uint32Array
  readonly site: Uint16Array
  readonly value: Float32Array | Uint32Array
  /** Calls `visit` for the rows of a minute. */
  each(minute: number, visit: (row: number) => void): void
}

async function readRows(
  source: WindowSource,
  from: number,
  to: number,
  what: 'handshakes' | 'traffic',
): Promise<SpanRows> {
  const span = spanOf(source, from, to)
  const read = what === 'handshakes' ? readAnalyzerHandshakes : readAnalyzerTraffic
  const arrow = tableFromIPC(await read(source.warehouse, span, source.sites))
  const rows = arrow.numRows
  const prefix = new Uint32Array(rows)
  const site = new Uint16Array(rows)
  const value = what === 'handshakes' ? new Uint32Array(rows) : new Float32Array(rows)
  const minutes = new Uint32Array(rows)
  let length = 0
  for (const batch of arrow.batches) {
    const bytes = bytesOf(batch.getChild(what === 'handshakes' ? 'prefix' : 'known_prefix'))
    const minuteColumn = numbersOf(batch.getChild('minute_number'))
    const siteColumn = numbersOf(batch.getChild('site_number'))
    const valueColumn = numbersOf(batch.getChild(what === 'handshakes' ? 'rtt_us' : 'queries'))
    const numbers = source.table.findAll(bytes, batch.numRows)
    for (let row = 0; row < batch.numRows; row++) {
      // Prefixes that never completed a handshake may be spoofed, and have no weight.
      const known = numbers[row]!
      if (known < 0) continue
      prefix[length] = known
      site[length] = siteColumn[row]!
      value[length] = valueColumn[row]!
      minutes[length++] = minuteColumn[row]! - from
    }
  }
  return { prefix, site, value, each: byMinute(minutes.subarray(0, length), from, to) }
}

/** Counting sort: the rows of each minute, in the order in which they came. */
function byMinute(minutes: Uint32Array, from: number, to: number): SpanRows['each'] {
  const starts = new Uint32Array(to - from + 2)
  for (const minute of minutes) starts[minute + 1]!++
  for (let minute = 1; minute < starts.length; minute++) starts[minute]! += starts[minute - 1]!
  const next = starts.slice()
  const order = new Uint32Array(minutes.length)
  for (let row = 0; row < minutes.length; row++) order[next[minutes[row]!]!++] = row
  return (minute, visit) => {
    const end = starts[minute - from + 1]!
    for (let at = starts[minute - from]!; at < end; at++) visit(order[at]!)
  }
}

function spanOf(
  source: Omit<WindowSource, 'sites' | 'rows'>,
  firstMinute: number,
  lastMinute: number,
): AnalyzerSpan {
  return {
    service: source.service,
    fromMicros: Math.max(firstMinute * 60e6, source.fromMicros),
    toMicros: Math.min((lastMinute + 1) * 60e6, source.toMicros),
  }
}

type Child = Vector | null

/** The values of a FixedSizeBinary(16) column, one after the other. */
function bytesOf(child: Child): Uint8Array {
  return numbersOf(child) as Uint8Array
}

function numbersOf(child: Child): Uint8Array | Uint16Array | Uint32Array | Float32Array {
  const data = child!.data[0]!
  return data.values
}

/** The texts of a column by row. Asking the column itself, each row costs a decoder. */
function textsOf(child: Child): (row: number) => string {
  const { values, valueOffsets } = child!.data[0]! as Data<Utf8>
  const bytes = Buffer.from(values?.buffer ?? [], values?.byteOffset, values?.byteLength)
  return (row) => {
    const [start, end] = [valueOffsets[row]!, valueOffsets[row + 1]!]
    return start === end ? '' : bytes.toString('utf8', start, end)
  }
}

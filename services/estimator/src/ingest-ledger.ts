import type { Source, Topic } from '@goldpan/runtime'
import type { Warehouse } from '@goldpan/warehouse'

/** Rows [start, end) of one topic of one boot. */
export interface IngestRange {
  readonly source: Source
  readonly boot: string
  readonly topic: Topic
  readonly start: number
  readonly end: number
}

type Stream = Pick<IngestRange, 'source' | 'boot' | 'topic'>

/** Which rows of each boot the warehouse has: a capture that is read again is recognised by it. */
export class IngestLedger {
  readonly #next: Map<string, number>
  readonly #warehouse: Warehouse

  private constructor(warehouse: Warehouse, next: Map<string, number>) {
    this.#warehouse = warehouse
    this.#next = next
  }

  /** Reads what was ingested before. */
  static async open(warehouse: Warehouse): Promise<IngestLedger> {
    const rows = await warehouse.query<{ stream: string; next_row: number }>(
      `SELECT concatWithSeparator('\\n', service, site, sensor, boot, topic) AS stream,
              toFloat64(max(next_row)) AS next_row
       FROM ingests GROUP BY service, site, sensor, boot, topic`,
    )
    return new IngestLedger(warehouse, new Map(rows.map((row) => [row.stream, row.next_row])))
  }

  /** The first row of a stream that is not in the warehouse. */
  nextRow(stream: Stream): number {
    return this.#next.get(keyOf(stream)) ?? 0
  }

  /** Remembers at once that rows are on their way, so that no other message brings them again. */
  claim(range: IngestRange): void {
    this.#next.set(keyOf(range), range.end)
  }

  /** Writes down that ranges are in the warehouse. */
  async write(ranges: readonly IngestRange[], token: string): Promise<void> {
    await writeIngests(this.#warehouse, ranges, token)
  }
}

/** Writes down which rows of boots the warehouse has. */
export async function writeIngests(
  warehouse: Warehouse,
  ranges: readonly Pick<IngestRange, 'source' | 'boot' | 'topic' | 'end'>[],
  token: string,
): Promise<void> {
  const rows = ranges.map(({ source, boot, topic, end }) => ({
    ...source,
    boot,
    topic,
    next_row: end,
  }))
  await warehouse.insertRows('ingests', rows, token)
}

export interface KnownBoot {
  readonly source: Source
  readonly boot: string
  readonly nextRow: number
}

/** What the warehouse knows of some boots on a topic. */
export async function readIngests(
  warehouse: Warehouse,
  topic: Topic,
  boots: readonly string[],
): Promise<KnownBoot[]> {
  const rows = await warehouse.query<Source & { boot: string; next: number }>(
    `SELECT service, site, sensor, boot, toFloat64(max(next_row)) AS next
     FROM ingests WHERE topic = {topic:String} AND boot IN {boots:Array(String)}
     GROUP BY service, site, sensor, boot`,
    { topic, boots },
  )
  return rows.map(({ service, site, sensor, boot, next }) => ({
    ...{ source: { service, site, sensor }, boot, nextRow: next },
  }))
}

const keyOf = ({ source, boot, topic }: Stream): string =>
  [source.service, source.site, source.sensor, boot, topic].join('\n')

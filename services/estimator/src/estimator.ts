import type { BusMessage, BusReceiver, Topic } from '@goldpan/runtime'
import type { Warehouse } from '@goldpan/warehouse'
import { type BlockPart, buildBlock, insertBlock, type RejectCounts } from './block.ts'
import { decodeMessageRows } from './decode-message.ts'
import { IngestLedger, type IngestRange } from './ingest-ledger.ts'
import type { NetworkTable } from './network-table.ts'

export interface EstimatorOptions {
  readonly receiver: BusReceiver
  readonly warehouse: Warehouse
  readonly networks?: NetworkTable | undefined
}

export interface EstimatorSummary {
  /** Rows in the messages that could be decoded. */
  rows: number
  inserted: number
  /** Rows that the warehouse had already: the same capture was read before. */
  alreadyKnown: number
  rejected: RejectCounts
  /** Messages that could not be decoded, by reason. */
  undecodable: Record<string, number>
}

/** Rows that wait for one insert; more than this is inserted at once. */
const blockRowsMin = 100_000

interface Group {
  readonly message: BusMessage
  readonly ranges: IngestRange[]
  readonly parts: BlockPart[]
  rows: number
}

/**
 * Takes messages from the bus, checks and enriches their rows and inserts them in blocks, each
 * row once: the ledger knows what is there, a block's token makes a retry harmless. Blocks are cut
 * by source and rows alone, so that the same messages make the same blocks.
 */
export class Estimator {
  readonly summary: EstimatorSummary = {
    rows: 0,
    inserted: 0,
    alreadyKnown: 0,
    rejected: {},
    undecodable: {},
  }
  readonly #options: EstimatorOptions
  readonly #groups = new Map<Topic, Group>()
  #ledger: IngestLedger | undefined

  constructor(options: EstimatorOptions) {
    this.#options = options
  }

  /** Runs until the bus ends. Throws when the warehouse fails: nothing is then half known. */
  async run(): Promise<EstimatorSummary> {
    this.#ledger = await IngestLedger.open(this.#options.warehouse)
    for await (const message of this.#options.receiver.receive()) await this.#take(message)
    for (const topic of [...this.#groups.keys()]) await this.#insert(topic)
    return this.summary
  }

  async #take(message: BusMessage): Promise<void> {
    const { topic, source, firstRow } = message
    const waiting = this.#groups.get(topic)
    if (waiting && !isSameSource(waiting.message, message)) await this.#insert(topic)
    const decoded = decodeMessageRows(topic, message.value)
    if (!decoded.ok) {
      const { code } = decoded.error
      this.summary.undecodable[code] = (this.summary.undecodable[code] ?? 0) + 1
      return
    }
    const { rows } = decoded.value
    const start = Math.max(this.#ledger!.nextRow(message), firstRow)
    const end = firstRow + rows.length
    const skip = Math.min(start - firstRow, rows.length)
    this.summary.rows += rows.length
    this.summary.alreadyKnown += skip
    if (start >= end) return
    const range = { ...message, start, end }
    this.#ledger!.claim(range)
    this.#add(message, range, { source, rows, skip, isClockWrong: false })
    if (this.#groups.get(topic)!.rows >= blockRowsMin) await this.#insert(topic)
  }

  #add(message: BusMessage, range: IngestRange, part: BlockPart): void {
    let group = this.#groups.get(message.topic)
    if (!group) {
      group = { message, ranges: [], parts: [], rows: 0 }
      this.#groups.set(message.topic, group)
    }
    group.ranges.push(range)
    group.parts.push(part)
    group.rows += part.rows.length - part.skip
  }

  async #insert(topic: Topic): Promise<void> {
    const group = this.#groups.get(topic)
    if (!group) return
    this.#groups.delete(topic)
    const ranges = group.ranges.map(({ boot, start, end }) => `${boot}:${start}-${end}`).join(',')
    const { source } = group.message
    const token = [topic, source.service, source.site, source.sensor, ranges].join('/')
    const { warehouse, networks } = this.#options
    const block = buildBlock(topic, group.parts, { networks, rejected: this.summary.rejected })
    if (block) await insertBlock(warehouse, block, token)
    await this.#ledger!.write(group.ranges, `ingests/${token}`)
    this.summary.inserted += block?.rows ?? 0
  }
}

const isSameSource = (left: BusMessage, right: BusMessage): boolean =>
  left.source.service === right.source.service &&
  left.source.site === right.source.site &&
  left.source.sensor === right.source.sensor

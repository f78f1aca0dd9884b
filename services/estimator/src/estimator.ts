import {
  createHandshakeBatch,
  createTrafficBatch,
  type HandshakeBatch,
  type SensorStatus,
  type TrafficBatch,
} from '@goldpan/core'
import type { BusMessage, BusReceiver } from '@goldpan/runtime'
import type { Warehouse } from '@goldpan/warehouse'
import {
  type Column,
  decodeHandshakes,
  decodeSensorStatus,
  decodeTraffic,
  encodeMessage,
} from '@goldpan/wire'
import { joinBatches, keepRows } from './column-batch.ts'
import { IngestLedger, type IngestRange } from './ingest-ledger.ts'
import type { NetworkTable } from './network-table.ts'
import { checkHandshake, checkTraffic, type RejectReason } from './row-check.ts'
import { handshakeRowColumns, sensorStatusRow, trafficRowColumns } from './row-columns.ts'

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
  rejected: Partial<Record<RejectReason, number>>
  /** Messages that could not be decoded, by reason. */
  undecodable: Record<string, number>
}

/** Rows that wait for one insert; more than this is inserted at once. */
const blockRowsMin = 100_000

type Rows = HandshakeBatch | TrafficBatch | readonly SensorStatus[]

interface Group {
  readonly message: BusMessage
  readonly ranges: IngestRange[]
  readonly parts: Rows[]
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
  readonly #groups = new Map<string, Group>()
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
    const waiting = this.#groups.get(message.topic)
    if (waiting && !isSameSource(waiting.message, message)) await this.#insert(message.topic)
    const decoded = decode(message)
    if ('reason' in decoded) {
      this.summary.undecodable[decoded.reason] = (this.summary.undecodable[decoded.reason] ?? 0) + 1
      return
    }
    const { rows } = decoded
    const start = Math.max(this.#ledger!.nextRow(message), message.firstRow)
    const end = message.firstRow + rows.length
    this.summary.rows += rows.length
    this.summary.alreadyKnown += Math.min(start - message.firstRow, rows.length)
    if (start >= end) return
    const range = { ...message, start, end }
    this.#ledger!.claim(range)
    this.#add(message, range, this.#believed(rows, start - message.firstRow))
    if (this.#groups.get(message.topic)!.rows >= blockRowsMin) await this.#insert(message.topic)
  }

  #add(message: BusMessage, range: IngestRange, rows: Rows): void {
    let group = this.#groups.get(message.topic)
    if (!group) {
      group = { message, ranges: [], parts: [], rows: 0 }
      this.#groups.set(message.topic, group)
    }
    group.ranges.push(range)
    group.parts.push(rows)
    group.rows += rows.length
  }

  /** The rows from `skip` on that pass their checks; the others are counted. */
  #believed(rows: Rows, skip: number): Rows {
    if (!isBatch(rows)) return rows.slice(skip)
    const keep = new Uint8Array(rows.length)
    let kept = 0
    for (let row = skip; row < rows.length; row++) {
      const reason = 'rttMicros' in rows ? checkHandshake(rows, row) : checkTraffic(rows, row)
      if (reason === undefined) {
        keep[row] = 1
        kept++
      } else this.summary.rejected[reason] = (this.summary.rejected[reason] ?? 0) + 1
    }
    if (kept < rows.length) keepRows(rows, keep)
    return rows
  }

  async #insert(topic: string): Promise<void> {
    const group = this.#groups.get(topic)
    if (!group) return
    this.#groups.delete(topic)
    const token = group.ranges.map(({ boot, start, end }) => `${boot}:${start}-${end}`).join(',')
    const { source } = group.message
    const name = [topic, source.service, source.site, source.sensor, token].join('/')
    if (group.rows > 0) await this.#insertRows(group, name)
    await this.#ledger!.write(group.ranges, `ingests/${name}`)
    this.summary.inserted += group.rows
  }

  async #insertRows({ message, parts }: Group, token: string): Promise<void> {
    const { warehouse, networks } = this.#options
    const { source, topic } = message
    if (topic === 'goldpan.handshakes.v1') {
      const batch = joinHandshakes(parts as HandshakeBatch[])
      return insert(
        warehouse,
        'handshakes',
        handshakeRowColumns(batch, source, networks),
        batch,
        token,
      )
    }
    if (topic === 'goldpan.traffic.v1') {
      const batch = joinBatches(parts as TrafficBatch[], createTrafficBatch)
      return insert(warehouse, 'traffic', trafficRowColumns(batch, source, networks), batch, token)
    }
    const rows = (parts as (readonly SensorStatus[])[]).flat()
    await warehouse.insertRows(
      'sensor_status',
      rows.map((row) => sensorStatusRow(row, source)),
      token,
    )
  }
}

const isBatch = (rows: Rows): rows is HandshakeBatch | TrafficBatch => 'capacity' in rows

const isSameSource = (left: BusMessage, right: BusMessage): boolean =>
  left.source.service === right.source.service &&
  left.source.site === right.source.site &&
  left.source.sensor === right.source.sensor

function decode({ topic, value }: BusMessage): { rows: Rows } | { reason: string } {
  switch (topic) {
    case 'goldpan.handshakes.v1': {
      const decoded = decodeHandshakes(value)
      return decoded.ok ? { rows: decoded.value.batch } : { reason: decoded.error.code }
    }
    case 'goldpan.traffic.v1': {
      const decoded = decodeTraffic(value)
      return decoded.ok ? { rows: decoded.value.batch } : { reason: decoded.error.code }
    }
    case 'goldpan.sensors.v1': {
      const decoded = decodeSensorStatus(value)
      return decoded.ok ? { rows: decoded.value.statuses } : { reason: decoded.error.code }
    }
  }
}

/** Joins batches whose links have dictionaries of their own. */
function joinHandshakes(parts: readonly HandshakeBatch[]): HandshakeBatch {
  const links: string[] = []
  const indexes = new Map<string, number>()
  for (const part of parts) {
    const renumbered = part.links.map((link) => {
      const known = indexes.get(link) ?? links.push(link) - 1
      indexes.set(link, known)
      return known
    })
    if (renumbered.every((index, position) => index === position)) continue
    for (let row = 0; row < part.length; row++) {
      part.ingress[row] = renumbered[part.ingress[row]!] ?? 0
      part.egress[row] = renumbered[part.egress[row]!] ?? 0
    }
  }
  const joined = joinBatches(parts, createHandshakeBatch)
  joined.links = links
  return joined
}

function insert(
  warehouse: Warehouse,
  table: 'handshakes' | 'traffic',
  columns: readonly Column[],
  { length }: { readonly length: number },
  token: string,
): Promise<void> {
  const arrow = encodeMessage(table, undefined, columns, length)
  return warehouse.insertArrow(
    table,
    columns.map(({ name }) => name),
    arrow,
    token,
  )
}

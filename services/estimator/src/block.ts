import {
  createHandshakeBatch,
  createTrafficBatch,
  type HandshakeBatch,
  type SensorStatus,
  type TrafficBatch,
} from '@goldpan/core'
import type { Source, Topic } from '@goldpan/runtime'
import type { Table, Warehouse } from '@goldpan/warehouse'
import { type Column, encodeMessage } from '@goldpan/wire'
import { joinBatches, keepRows } from './column-batch.ts'
import { isBatch, type Rows } from './decode-message.ts'
import type { NetworkTable } from './network-table.ts'
import { checkHandshake, checkTraffic, type RejectReason } from './row-check.ts'
import {
  handshakeRowColumns,
  type SourceRun,
  sensorStatusRow,
  trafficRowColumns,
} from './row-columns.ts'

/** The rows of one message that are on their way into a block. */
export interface BlockPart {
  readonly source: Source
  readonly rows: Rows
  /** Rows at the beginning that the warehouse has already. */
  readonly skip: number
  readonly isClockWrong: boolean
  /** When the bus took them; without a broker there is no such time. */
  readonly busMillis?: number
}

/** What one insert carries, ready to be sent as often as it must be. */
export type Block =
  | {
      readonly table: Table
      readonly rows: number
      readonly columns: readonly string[]
      readonly arrow: Uint8Array
    }
  | { readonly table: Table; readonly rows: number; readonly objects: readonly object[] }

export type RejectCounts = Partial<Record<RejectReason, number>>

/** Checks and enriches the rows of `parts` in place; undefined when no row is left. */
export function buildBlock(
  topic: Topic,
  parts: readonly BlockPart[],
  { networks, rejected }: { networks: NetworkTable | undefined; rejected: RejectCounts },
): Block | undefined {
  for (const part of parts) dropRows(part, rejected)
  const runs: SourceRun[] = parts.map(({ source, rows, isClockWrong, skip }) => ({
    ...{ source, isClockWrong, rows: isBatch(rows) ? rows.length : rows.length - skip },
  }))
  const rows = runs.reduce((sum, run) => sum + run.rows, 0)
  if (rows === 0) return undefined
  const contents = parts.map((part) => part.rows)
  if (topic === 'goldpan.handshakes.v1') {
    const batch = joinHandshakes(contents as HandshakeBatch[])
    return arrowBlock('handshakes', handshakeRowColumns(batch, runs, networks), rows)
  }
  if (topic === 'goldpan.traffic.v1') {
    const batch = joinBatches(contents as TrafficBatch[], createTrafficBatch)
    return arrowBlock('traffic', trafficRowColumns(batch, runs, networks), rows)
  }
  const objects = parts.flatMap(({ rows: statuses, skip, source, ...arrival }) =>
    (statuses as readonly SensorStatus[])
      .slice(skip)
      .map((status) => sensorStatusRow(status, source, arrival)),
  )
  return { table: 'sensor_status', rows, objects }
}

/** Inserts a block; the same token again changes nothing once it took effect. */
export async function insertBlock(
  warehouse: Warehouse,
  block: Block,
  token: string,
): Promise<void> {
  if ('objects' in block) return warehouse.insertRows(block.table, block.objects, token)
  return warehouse.insertArrow(block.table, block.columns, block.arrow, token)
}

function arrowBlock(table: Table, columns: readonly Column[], rows: number): Block {
  const arrow = encodeMessage('', undefined, columns, rows)
  return { table, rows, arrow, columns: columns.map(({ name }) => name) }
}

/** Takes out the rows that are known already, and those that are not believed, counted. */
function dropRows({ rows, skip }: BlockPart, rejected: RejectCounts): void {
  if (!isBatch(rows)) return
  const keep = new Uint8Array(rows.length).fill(1, skip)
  let isAllKept = skip === 0
  const check = 'rttMicros' in rows ? checkHandshake : checkTraffic
  for (let row = skip; row < rows.length; row++) {
    const reason = check(rows as HandshakeBatch & TrafficBatch, row)
    if (reason === undefined) continue
    rejected[reason] = (rejected[reason] ?? 0) + 1
    keep[row] = 0
    isAllKept = false
  }
  if (!isAllKept) keepRows(rows, keep)
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

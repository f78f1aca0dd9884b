import { err, ok, type Result } from '@goldpan/core'
import {
  type Data,
  type DataType,
  Field,
  makeData,
  RecordBatch,
  RecordBatchReader,
  Schema,
  Struct,
  Table,
  tableToIPC,
} from 'apache-arrow'
import './arrow-bounds.ts'
import type { Column } from './arrow-column.ts'
import {
  decodeMeta,
  encodeMeta,
  type MessageMeta,
  messageBytesMax,
  messageRowsMax,
  type WireError,
} from './message-meta.ts'

/** One message: an Arrow IPC stream of one record batch, its constants in the schema's metadata. */
export function encodeMessage(
  topic: string,
  meta: MessageMeta | undefined,
  columns: readonly Column[],
  length: number,
): Uint8Array {
  const fields = columns.map(({ name, data }) => new Field(name, data.type, true))
  const schema = new Schema(fields, meta ? encodeMeta(topic, meta) : new Map())
  const data = makeData({
    type: new Struct(fields),
    length,
    nullCount: 0,
    children: columns.map((column) => column.data),
  })
  return tableToIPC(new Table(schema, [new RecordBatch(schema, data)]), 'stream')
}

export interface DecodedMessage {
  readonly meta: MessageMeta
  readonly length: number
  /** The data of a column, checked to be of the wanted type. */
  readonly column: (name: string) => Data<DataType>
}

/** Types that the columns of a topic must have, as Arrow prints them. */
export type ColumnTypes = Readonly<Record<string, string>>

/**
 * Decodes a message of `topic`; anything but its exact columns in one record batch is an error
 * value. Columns beyond the wanted ones are ignored: topics grow at their end.
 */
export function decodeMessage(
  topic: string,
  types: ColumnTypes,
  bytes: Uint8Array,
): Result<DecodedMessage, WireError> {
  if (bytes.length > messageBytesMax) {
    return err({ code: 'TOO_LARGE', reason: `it has ${bytes.length} bytes` })
  }
  const read = readOneBatch(bytes)
  if (!read.ok) return read
  const { schema, batch } = read.value
  const meta = decodeMeta(topic, schema)
  if (!meta.ok) return meta
  const columns = checkColumns(batch, types)
  if (!columns.ok) return columns
  return ok({ meta: meta.value, length: batch.numRows, column: columns.value })
}

/** The columns of a record batch by name, when those of `types` are there and whole. */
export function checkColumns(
  batch: RecordBatch,
  types: ColumnTypes,
): Result<DecodedMessage['column'], WireError> {
  const { fields } = batch.schema
  const children = new Map(
    fields.map((field, index) => [field.name, batch.data.children[index]!] as const),
  )
  for (const [name, type] of Object.entries(types)) {
    const child = children.get(name)
    if (!child || String(child.type) !== type || !isWhole(child, batch.numRows)) {
      return err({ code: 'WRONG_SCHEMA', reason: `its column ${name} is no whole ${type}` })
    }
  }
  return ok((name) => children.get(name)!)
}

function readOneBatch(
  bytes: Uint8Array,
): Result<{ schema: Schema; batch: RecordBatch }, WireError> {
  try {
    const reader = RecordBatchReader.from(bytes).open()
    const batches: RecordBatch[] = []
    for (const batch of reader) {
      batches.push(batch)
      if (batches.length > 1) break
    }
    const [batch] = batches
    // Of a stream without a batch the reader makes an empty one.
    if (batches.length !== 1 || !batch || batch.numRows === 0) {
      return err({ code: 'NOT_ARROW', reason: 'it is no Arrow stream of one batch with rows' })
    }
    if (batch.numRows > messageRowsMax) {
      return err({ code: 'TOO_LARGE', reason: `it has ${batch.numRows} rows` })
    }
    return ok({ schema: batch.schema, batch })
  } catch (error) {
    // The reader throws on garbage: hostile bytes are an expected failure here.
    return err({ code: 'NOT_ARROW', reason: `it is no Arrow stream (${(error as Error).message})` })
  }
}

/** Whether a column's buffers are as long as its rows: lengths in a message are claims. */
function isWhole(data: Data<DataType>, rows: number): boolean {
  if (data.length !== rows) return false
  const { nullBitmap, values } = data
  if (data.nullCount > 0 && nullBitmap.length < (rows + data.offset + 7) >> 3) return false
  if (String(data.type) === 'Utf8') return data.valueOffsets.length > rows
  const width = String(data.type) === 'FixedSizeBinary[16]' ? 16 : 1
  return (values as ArrayLike<unknown>).length >= rows * width
}

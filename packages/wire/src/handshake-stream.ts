import { createHandshakeBatch, err, type HandshakeBatch, ok, type Result } from '@goldpan/core'
import { type RecordBatch, RecordBatchReader } from 'apache-arrow'
import { checkColumns, encodeMessage } from './arrow-message.ts'
import { batchOfColumns, handshakeColumns, handshakeColumnTypes } from './handshake-message.ts'
import { messageRowsMax, type WireError } from './message-meta.ts'

/** The end of an Arrow IPC stream: a continuation mark and a length of 0. */
const endOfStream = Uint8Array.of(255, 255, 255, 255, 0, 0, 0, 0)

/**
 * Handshakes as one Arrow IPC stream of many record batches, for files: the columns of the topic
 * without metadata and without links, whose dictionary would change from batch to batch.
 */
export class HandshakeStreamEncoder {
  #isFirst = true

  /** The bytes of a batch; those of the first one start with the schema. */
  encode(batch: HandshakeBatch): Uint8Array {
    const columns = handshakeColumns(batch).filter(({ name }) => name in handshakeColumnTypes)
    const stream = encodeMessage('', undefined, columns, batch.length)
    const from = this.#isFirst ? 0 : schemaBytes(stream)
    this.#isFirst = false
    return stream.subarray(from, stream.length - endOfStream.length)
  }

  /** What ends the stream; of one without rows the schema as well. */
  end(): Uint8Array {
    if (!this.#isFirst) return endOfStream
    return Buffer.concat([this.encode(createHandshakeBatch(0)), endOfStream])
  }
}

/** Length of the schema message that a stream starts with: mark, length, metadata, no body. */
function schemaBytes(stream: Uint8Array): number {
  return 8 + new DataView(stream.buffer, stream.byteOffset).getInt32(4, true)
}

/** Whether a file starts as an Arrow IPC stream does. */
export function isArrowStream(head: Uint8Array): boolean {
  return head.length > 8 && head.subarray(0, 4).every((byte) => byte === 255)
}

/**
 * Reads the batches of a file made with {@link HandshakeStreamEncoder}, one after the other;
 * anything hostile or cut short ends it with an error value.
 */
export async function* decodeHandshakeStream(
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<Result<HandshakeBatch, WireError>> {
  try {
    const reader = await RecordBatchReader.from(chunks)
    for await (const batch of reader) {
      // Of a stream without a batch the reader makes an empty one.
      if (batch.numRows > 0) yield decodeBatch(batch)
    }
  } catch (error) {
    // The reader throws on garbage: hostile bytes are an expected failure here.
    yield err({ code: 'NOT_ARROW', reason: `it is no Arrow stream (${(error as Error).message})` })
  }
}

function decodeBatch(batch: RecordBatch): Result<HandshakeBatch, WireError> {
  if (batch.numRows > messageRowsMax) {
    return err({ code: 'TOO_LARGE', reason: `a batch has ${batch.numRows} rows` })
  }
  const columns = checkColumns(batch, handshakeColumnTypes)
  return columns.ok ? ok(batchOfColumns(columns.value, batch.numRows)) : columns
}

import { ByteBuffer } from 'flatbuffers'

/**
 * A bound that Arrow's reader lacks. The metadata of an Arrow message is a flatbuffer, whose vector
 * lengths are claims that nobody verifies in JavaScript: four hostile bytes make the reader loop
 * two thousand million times over nothing, until memory ends. Importing this file makes a claim
 * beyond any schema of ours an exception, which decoding turns into an error value.
 */

/** Entries of a metadata vector: fields, buffers, keys. Ours have some dozens. */
const vectorEntriesMax = 1024

interface VectorReader {
  __vector_len(offset: number): number
}

const reader = ByteBuffer.prototype as unknown as VectorReader
const readLength = reader.__vector_len
reader.__vector_len = function boundedLength(this: VectorReader, offset) {
  const length = readLength.call(this, offset)
  if (length < 0 || length > vectorEntriesMax) throw new Error(`a vector claims ${length} entries`)
  return length
}

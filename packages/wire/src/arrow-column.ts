import {
  type Data,
  type DataType,
  Dictionary,
  FixedSizeBinary,
  makeData,
  TimestampMicrosecond,
  Uint8,
  Uint16,
  Uint32,
  Utf8,
  vectorFromArray,
} from 'apache-arrow'

/** Columns from typed arrays, without a copy where the layout allows; no row becomes an object. */

export interface Column {
  readonly name: string
  readonly data: Data<DataType>
}

/** Bitmap of the rows whose `present` byte has `bit`, and how many have not. */
function bitmapOf(present: Uint8Array, length: number, bit: number) {
  const bitmap = new Uint8Array((length + 7) >> 3)
  let count = 0
  for (let at = 0; at < bitmap.length; at++) {
    const end = Math.min(at * 8 + 8, length)
    let bits = 0
    for (let row = at * 8; row < end; row++) {
      const one = (present[row]! & bit) === 0 ? 0 : 1
      bits |= one << (row & 7)
      count += one
    }
    bitmap[at] = bits
  }
  return { bitmap, nullCount: length - count }
}

export interface Presence {
  readonly present: Uint8Array
  readonly bit: number
}

function validity(length: number, presence: Presence | undefined) {
  if (!presence) return { nullCount: 0 }
  const { bitmap, nullCount } = bitmapOf(presence.present, length, presence.bit)
  return { nullCount, nullBitmap: bitmap }
}

const unsigned = { 1: new Uint8(), 2: new Uint16(), 4: new Uint32() } as const

/** A column of unsigned integers as wide as the array's. */
export function unsignedColumn(
  name: string,
  values: Uint8Array | Uint16Array | Uint32Array,
  length: number,
  presence?: Presence,
): Column {
  const type = unsigned[values.BYTES_PER_ELEMENT as 1 | 2 | 4]
  const data = makeData({
    type,
    length,
    data: values.subarray(0, length),
    ...validity(length, presence),
  } as never)
  return { name, data }
}

/** A column of 16-byte addresses. */
export function addressColumn(
  name: string,
  bytes: Uint8Array,
  length: number,
  presence?: Presence,
): Column {
  const data = makeData({
    type: new FixedSizeBinary(16),
    length,
    data: bytes.subarray(0, length * 16),
    ...validity(length, presence),
  } as never)
  return { name, data }
}

/** A column of times from whole microseconds as Numbers; words are written without BigInt. */
export function timeColumn(name: string, micros: Float64Array, length: number): Column {
  const values = new BigInt64Array(length)
  const words = new Uint32Array(values.buffer)
  for (let row = 0; row < length; row++) {
    const value = micros[row]!
    words[row * 2] = value
    words[row * 2 + 1] = Math.floor(value / 2 ** 32)
  }
  const data = makeData({
    type: new TimestampMicrosecond('UTC'),
    length,
    data: values,
    nullCount: 0,
  } as never)
  return { name, data }
}

/** A column of texts by their numbers; Arrow dictionary `id` must be unique in a message. */
export function dictionaryColumn(
  name: string,
  { texts, keys, id }: { texts: readonly string[]; keys: Uint16Array; id: number },
  length: number,
  presence?: Presence,
): Column {
  const data = makeData({
    type: new Dictionary(new Utf8(), new Uint16(), id),
    length,
    data: keys.subarray(0, length),
    dictionary: vectorFromArray(texts.length > 0 ? texts : [''], new Utf8()),
    ...validity(length, presence),
  } as never)
  return { name, data }
}

/** Whole microseconds as Numbers from a time column's values. */
export function microsOf(values: BigInt64Array): Float64Array {
  const words = new Uint32Array(values.buffer, values.byteOffset, values.length * 2)
  const micros = new Float64Array(values.length)
  for (let row = 0; row < values.length; row++) {
    micros[row] = (words[row * 2 + 1]! | 0) * 2 ** 32 + words[row * 2]!
  }
  return micros
}

/** Sets `bit` of `present` for the rows that a column has a value in. */
export function presenceOf(data: Data<DataType>, present: Uint8Array, bit: number): void {
  const { nullBitmap, offset, length } = data
  if (data.nullCount === 0 || nullBitmap === undefined || nullBitmap.length === 0) {
    for (let row = 0; row < length; row++) present[row]! |= bit
    return
  }
  for (let row = 0; row < length; row++) {
    const at = row + offset
    if (nullBitmap[at >> 3]! & (1 << (at & 7))) present[row]! |= bit
  }
}

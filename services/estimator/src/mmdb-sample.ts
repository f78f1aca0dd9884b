import { isIpv4, parsePrefix } from '@goldpan/core'

/** Small MaxMind DBs (format 2.0) for tests and benchmarks: an IPv6 tree and the data below it. */

export type MmdbValue = string | number | readonly string[] | { readonly [key: string]: MmdbValue }

export interface MmdbSampleOptions {
  readonly recordSize?: 24 | 28 | 32
  readonly type?: string
}

interface Node {
  readonly sides: [Node | number | undefined, Node | number | undefined]
  number: number
}

/** The bytes of a DB that maps prefixes to records. */
export function buildMmdb(
  entries: readonly (readonly [prefix: string, record: MmdbValue])[],
  { recordSize = 28, type = 'Sample' }: MmdbSampleOptions = {},
): Buffer {
  const root: Node = { sides: [undefined, undefined], number: 0 }
  const data: Buffer[] = []
  let dataBytes = 0
  for (const [text, record] of entries) {
    const encoded = encodeValue(record)
    plant(root, bitsOf(text), dataBytes)
    data.push(encoded)
    dataBytes += encoded.length
  }
  const nodes = numbered(root)
  const tree = Buffer.concat(nodes.map((node) => encodeNode(node, nodes.length, recordSize)))
  const metadata = encodeValue({
    binary_format_major_version: 2,
    binary_format_minor_version: 0,
    build_epoch: 1_700_000_000,
    database_type: type,
    description: { en: type },
    ip_version: 6,
    languages: ['en'],
    node_count: nodes.length,
    record_size: recordSize,
  })
  const marker = Buffer.from('\xab\xcd\xefMaxMind.com', 'latin1')
  return Buffer.concat([tree, Buffer.alloc(16), ...data, marker, metadata])
}

function bitsOf(text: string): number[] {
  const prefix = parsePrefix(text)
  if (!prefix) throw new Error(`${text} is no prefix`)
  const bytes = prefix.bytes.slice()
  // IPv4 stands below ::/96 there.
  if (isIpv4(bytes)) bytes.fill(0, 10, 12)
  return Array.from({ length: prefix.bits }, (_, bit) => (bytes[bit >> 3]! >> (7 - (bit & 7))) & 1)
}

/** More specific prefixes must come behind those that hold them. */
function plant(root: Node, bits: readonly number[], dataOffset: number): void {
  let node = root
  for (const side of bits.slice(0, -1)) {
    const next = node.sides[side]
    if (typeof next === 'object') node = next
    else {
      const split: Node = { sides: [next, next], number: 0 }
      node.sides[side] = split
      node = split
    }
  }
  node.sides[bits.at(-1)!] = dataOffset
}

function numbered(root: Node): Node[] {
  const nodes = [root]
  for (const node of nodes) {
    for (const side of node.sides) if (typeof side === 'object') nodes.push(side)
  }
  for (const [index, node] of nodes.entries()) node.number = index
  return nodes
}

function encodeNode({ sides }: Node, count: number, recordSize: number): Buffer {
  const [left, right] = sides.map((side) => {
    if (side === undefined) return count
    return typeof side === 'object' ? side.number : count + 16 + side
  }) as [number, number]
  const bytes = Buffer.alloc(recordSize / 4)
  if (recordSize === 32) {
    bytes.writeUInt32BE(left, 0)
    bytes.writeUInt32BE(right, 4)
    return bytes
  }
  bytes.writeUIntBE(left & 0xff_ffff, 0, 3)
  bytes.writeUIntBE(right & 0xff_ffff, recordSize === 24 ? 3 : 4, 3)
  if (recordSize === 28) bytes[3] = ((left >>> 24) << 4) | (right >>> 24)
  return bytes
}

const typeNumber = { string: 2, number: 6, map: 7, array: 11 } as const

function encodeValue(value: MmdbValue): Buffer {
  if (typeof value === 'string') {
    const text = Buffer.from(value)
    return Buffer.concat([control(typeNumber.string, text.length), text])
  }
  if (typeof value === 'number') {
    const bytes = Buffer.alloc(4)
    bytes.writeUInt32BE(value)
    return Buffer.concat([control(typeNumber.number, 4), bytes])
  }
  if (Array.isArray(value)) {
    return Buffer.concat([control(typeNumber.array, value.length), ...value.map(encodeValue)])
  }
  const fields = Object.entries(value as Record<string, MmdbValue>)
  const encoded = fields.flatMap(([key, field]) => [encodeValue(key), encodeValue(field)])
  return Buffer.concat([control(typeNumber.map, fields.length), ...encoded])
}

function control(type: number, size: number): Buffer {
  const length = size < 29 ? [size] : [29, size - 29]
  const [first, ...more] = length
  return type > 7
    ? Buffer.from([first!, type - 7, ...more])
    : Buffer.from([(type << 5) | first!, ...more])
}

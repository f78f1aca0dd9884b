import { isIpv4 } from '@goldpan/core'
import type { Reader } from 'mmdb-lib'

/**
 * The search tree of a MaxMind DB (format 2.0), walked in place: no text, no object for a lookup.
 * Nodes are two records of 24, 28 or 32 bits; a record is a node, nothing, or a place in the data.
 */
export interface MmdbTree {
  /** What the tree holds for the address at `offset`: a place in the data, or 0 for nothing. */
  find(bytes: Uint8Array, offset: number): number
  /** The first record that points out of the file, as a byte offset; undefined in a sound tree. */
  damagedAt(): number | undefined
}

const separatorBytes = 16
/** Bits that are looked up at once, by a table made from the tree. */
const jumpBits = 16
const ipv4Bits = 32
const ipv6Bits = 128
/** IPv4 addresses stand below ::/96 in a tree of IPv6. */
const ipv4ZeroBits = 96

/** A reader of the tree at the beginning of `bytes`. */
export function createMmdbTree(bytes: Uint8Array, metadata: Reader<never>['metadata']): MmdbTree {
  const { nodeCount, recordSize, ipVersion, searchTreeSize } = metadata
  const read = recordReader(bytes, recordSize)
  const jumpsOf: JumpTables = {
    4: createJumps(read, ipVersion === 6 ? descendZeros(read, nodeCount) : 0, nodeCount),
    6: createJumps(read, 0, nodeCount),
  }
  return {
    find(address, offset) {
      const isMapped = isIpv4(address, offset)
      if (!isMapped && ipVersion === 4) return 0
      const bits = isMapped ? ipv4Bits : ipv6Bits
      const first = isMapped ? offset + 12 : offset
      const jumps = isMapped ? jumpsOf[4] : jumpsOf[6]
      let node = jumps[(address[first]! << 8) | address[first + 1]!]!
      for (let bit = jumpBits; bit < bits && node < nodeCount; bit++) {
        node = read(node, (address[first + (bit >> 3)]! >> (7 - (bit & 7))) & 1)
      }
      return node > nodeCount ? node : 0
    },
    damagedAt() {
      const nodeBytes = recordSize / 4
      const dataBytes = bytes.length - searchTreeSize - separatorBytes
      for (let node = 0; node < nodeCount; node++) {
        for (const side of [0, 1] as const) {
          const record = read(node, side)
          if (record - nodeCount - separatorBytes >= dataBytes) return node * nodeBytes
        }
      }
      return searchTreeSize > bytes.length ? bytes.length : undefined
    },
  }
}

interface JumpTables {
  readonly 4: Uint32Array
  readonly 6: Uint32Array
}

/** Where the walk stands after the first bits, for each of their values. */
function createJumps(read: RecordReader, root: number, nodeCount: number): Uint32Array {
  let level = Uint32Array.of(root)
  for (let bit = 0; bit < jumpBits; bit++) {
    const next = new Uint32Array(level.length * 2)
    for (const [index, node] of level.entries()) {
      const isEnd = node >= nodeCount
      next[index * 2] = isEnd ? node : read(node, 0)
      next[index * 2 + 1] = isEnd ? node : read(node, 1)
    }
    level = next
  }
  return level
}

type RecordReader = (node: number, side: number) => number

function recordReader(bytes: Uint8Array, recordSize: number): RecordReader {
  if (recordSize === 24) {
    return (node, side) => {
      const at = node * 6 + side * 3
      return (bytes[at]! << 16) | (bytes[at + 1]! << 8) | bytes[at + 2]!
    }
  }
  if (recordSize === 28) {
    return (node, side) => {
      const at = node * 7
      const middle = bytes[at + 3]!
      const high = side === 0 ? middle >> 4 : middle & 15
      const low = at + side * 4
      return (high * 2 ** 24 + ((bytes[low]! << 16) | (bytes[low + 1]! << 8))) | bytes[low + 2]!
    }
  }
  return (node, side) => {
    const at = node * 8 + side * 4
    return bytes[at]! * 2 ** 24 + ((bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!)
  }
}

function descendZeros(read: RecordReader, nodeCount: number): number {
  let node = 0
  for (let bit = 0; bit < ipv4ZeroBits && node < nodeCount; bit++) node = read(node, 0)
  return node
}

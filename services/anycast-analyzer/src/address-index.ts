import { addressBytes } from '@goldpan/core'

/** Numbers 16-byte addresses 0, 1, 2, … in the order in which they were first added. */
export interface AddressIndex {
  readonly length: number
  /** The number of the address whose bytes lie at `offset`, or -1. */
  find(bytes: Uint8Array, offset: number): number
  /** The number of the address, which it gets where it is new. */
  add(bytes: Uint8Array, offset: number): number
  /** The addresses, one after the other. Valid until the next one is added. */
  bytes(): Uint8Array
}

const wordsPerAddress = addressBytes / 4

/** An empty index with room for `expected` addresses before it first grows. */
export function createAddressIndex(expected: number): AddressIndex {
  let capacity = Math.max(expected, 16)
  let length = 0
  let bytes = new Uint8Array(capacity * addressBytes)
  let words = new Uint32Array(bytes.buffer)
  let slots = emptySlots(capacity)
  const key = new Uint8Array(addressBytes)
  const keyWords = new Uint32Array(key.buffer)

  /** Slot that holds the address, or the free one where it belongs. */
  const slotOf = (source: Uint8Array, offset: number): number => {
    for (let index = 0; index < addressBytes; index++) key[index] = source[offset + index]!
    const mask = slots.length - 1
    let slot = hashWords(keyWords, 0) & mask
    while (slots[slot]! >= 0 && !equalWords(words, slots[slot]! * wordsPerAddress, keyWords)) {
      slot = (slot + 1) & mask
    }
    return slot
  }
  const grow = (): void => {
    capacity *= 2
    const larger = new Uint8Array(capacity * addressBytes)
    larger.set(bytes)
    bytes = larger
    words = new Uint32Array(bytes.buffer)
    slots = emptySlots(capacity)
    const mask = slots.length - 1
    for (let number = 0; number < length; number++) {
      let slot = hashWords(words, number * wordsPerAddress) & mask
      while (slots[slot]! >= 0) slot = (slot + 1) & mask
      slots[slot] = number
    }
  }
  return {
    get length() {
      return length
    },
    find: (source, offset) => slots[slotOf(source, offset)]!,
    add(source, offset) {
      const known = slots[slotOf(source, offset)]!
      if (known >= 0) return known
      if (length === capacity) grow()
      const slot = slotOf(source, offset)
      bytes.set(key, length * addressBytes)
      slots[slot] = length
      return length++
    },
    bytes: () => bytes,
  }
}

/** Half empty at least, a power of two: linear probing stays short. */
function emptySlots(capacity: number): Int32Array {
  return new Int32Array(2 ** Math.ceil(Math.log2(capacity * 2))).fill(-1)
}

function equalWords(words: Uint32Array, at: number, key: Uint32Array): boolean {
  return (
    words[at] === key[0] &&
    words[at + 1] === key[1] &&
    words[at + 2] === key[2] &&
    words[at + 3] === key[3]
  )
}

function hashWords(words: Uint32Array, at: number): number {
  let hash = 0x9e3779b9
  for (let index = at; index < at + wordsPerAddress; index++) {
    hash = Math.imul(hash ^ words[index]!, 0x85ebca6b)
    hash ^= hash >>> 15
  }
  return hash
}

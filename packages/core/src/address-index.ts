import { addressBytes } from './handshake.ts'

/** Numbers 16-byte addresses 0, 1, 2, … in the order in which they were first added. */
export interface AddressIndex {
  readonly length: number
  /** The number of the address whose bytes lie at `offset`, or -1. */
  find(bytes: Uint8Array, offset: number): number
  /** The number of the address, which it gets where it is new. */
  add(bytes: Uint8Array, offset: number): number
  /** The numbers of `count` addresses, one after the other in `bytes`; -1 for those not added. */
  findAll(bytes: Uint8Array, count: number): Int32Array
  /** The same, new ones added. */
  addAll(bytes: Uint8Array, count: number): Int32Array
  /** The addresses, one after the other. Valid until the next one is added. */
  bytes(): Uint8Array
}

const wordsPerAddress = addressBytes / 4
/** Addresses that are looked up together, so that the processor waits for many at once. */
const chunkMax = 256

/** An empty index with room for `expected` addresses before it first grows. */
export function createAddressIndex(expected: number): AddressIndex {
  let capacity = Math.max(expected, 16)
  let length = 0
  let words = new Uint32Array(capacity * wordsPerAddress)
  let bytes = new Uint8Array(words.buffer)
  let slots = emptySlots(capacity)
  const key = new Uint8Array(addressBytes)
  const keyWords = new Uint32Array(key.buffer)
  const hashes = new Int32Array(chunkMax)

  /** Slot that holds the address, or the free one where it belongs. */
  const slotOf = (source: Uint32Array, at: number, hash: number): number => {
    const mask = slots.length - 1
    let slot = hash & mask
    while (slots[slot]! >= 0 && !equalWords(words, slots[slot]! * wordsPerAddress, source, at)) {
      slot = (slot + 1) & mask
    }
    return slot
  }
  const grow = (): void => {
    capacity *= 2
    const larger = new Uint32Array(capacity * wordsPerAddress)
    larger.set(words)
    words = larger
    bytes = new Uint8Array(words.buffer)
    slots = slotsOf(words, length, capacity)
  }
  const addWords = (source: Uint32Array, at: number, hash: number): number => {
    const known = slots[slotOf(source, at, hash)]!
    if (known >= 0) return known
    if (length === capacity) grow()
    slots[slotOf(source, at, hash)] = length
    for (let word = 0; word < wordsPerAddress; word++) {
      words[length * wordsPerAddress + word] = source[at + word]!
    }
    return length++
  }
  /** Hashes the addresses of a chunk; brings into the cache what they will be compared with. */
  const prepare = (source: Uint32Array, start: number, end: number): void => {
    const mask = slots.length - 1
    let fetched = 0
    for (let number = start; number < end; number++) {
      const hash = hashWords(source, number * wordsPerAddress)
      hashes[number - start] = hash
      fetched ^= words[Math.max(slots[hash & mask]!, 0) * wordsPerAddress]!
    }
    // Kept somewhere, so that the compiler leaves the loads in.
    keyWords[0] = fetched
  }
  const all = (addresses: Uint8Array, count: number, adds: boolean): Int32Array => {
    const source = wordsOf(addresses, count)
    const numbers = new Int32Array(count)
    for (let start = 0; start < count; start += chunkMax) {
      const end = Math.min(start + chunkMax, count)
      prepare(source, start, end)
      for (let at = start; at < end; at++) {
        const hash = hashes[at - start]!
        const word = at * wordsPerAddress
        numbers[at] = adds ? addWords(source, word, hash) : slots[slotOf(source, word, hash)]!
      }
    }
    return numbers
  }
  return {
    get length() {
      return length
    },
    find(source, offset) {
      copyAddress(source, offset, key)
      return slots[slotOf(keyWords, 0, hashWords(keyWords, 0))]!
    },
    add(source, offset) {
      copyAddress(source, offset, key)
      return addWords(keyWords, 0, hashWords(keyWords, 0))
    },
    findAll: (addresses, count) => all(addresses, count, false),
    addAll: (addresses, count) => all(addresses, count, true),
    bytes: () => bytes,
  }
}

function copyAddress(source: Uint8Array, offset: number, key: Uint8Array): void {
  for (let index = 0; index < addressBytes; index++) key[index] = source[offset + index]!
}

/** The addresses as words; a copy where they do not lie at whole words. */
function wordsOf(bytes: Uint8Array, count: number): Uint32Array {
  const whole = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice(0, count * addressBytes)
  return new Uint32Array(whole.buffer, whole.byteOffset, count * wordsPerAddress)
}

/** Half empty at least, a power of two: linear probing stays short. */
function emptySlots(capacity: number): Int32Array {
  return new Int32Array(2 ** Math.ceil(Math.log2(capacity * 2))).fill(-1)
}

/** Slots for `capacity` addresses that hold the first `length`. */
function slotsOf(words: Uint32Array, length: number, capacity: number): Int32Array {
  const slots = emptySlots(capacity)
  const mask = slots.length - 1
  for (let number = 0; number < length; number++) {
    let slot = hashWords(words, number * wordsPerAddress) & mask
    while (slots[slot]! >= 0) slot = (slot + 1) & mask
    slots[slot] = number
  }
  return slots
}

function equalWords(left: Uint32Array, at: number, right: Uint32Array, rightAt: number): boolean {
  return (
    left[at] === right[rightAt] &&
    left[at + 1] === right[rightAt + 1] &&
    left[at + 2] === right[rightAt + 2] &&
    left[at + 3] === right[rightAt + 3]
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

import { decodeSegment, isKnownLinkType, Segment } from '@goldpan/packet'
import { extractBytes } from './extract-bytes.ts'
import { type Draws, mutate } from './mutate.ts'
import { recordEnds } from './record-ends.ts'

const linkTypes = Array.from({ length: 300 }, (_, type) => type).filter(isKnownLinkType)

function insist(condition: boolean, what: string): void {
  if (!condition) throw new Error(what)
}

/**
 * One mutated capture: it must be read without a throw, the same in chunks of any size, and all
 * records that end before the mutation must be there as they were.
 */
export function fuzzCapture(draws: Draws, original: Uint8Array): void {
  const { bytes, from } = mutate(draws, original)
  const whole = extractBytes(bytes)
  const before = extractBytes(original)
  const kept = whole.consumed === undefined ? 0 : recordEnds(original).filter((end) => end <= from)
  if (kept !== 0 && from >= headerBytes(original)) {
    const expected = before.packets.slice(0, kept.length).join()
    insist(whole.packets.slice(0, kept.length).join() === expected, 'packets before are lost')
  }
  const chunked = extractBytes(bytes, 1 + draws.below(300))
  insist(chunked.packets.join() === whole.packets.join(), 'chunks change the packets')
  insist(chunked.handshakes.join() === whole.handshakes.join(), 'chunks change the handshakes')
  insist(chunked.damage?.byteOffset === whole.damage?.byteOffset, 'chunks change the damage')
  const { damage, consumed } = whole
  if (damage) {
    insist(damage.byteOffset >= 0 && damage.byteOffset < bytes.length, 'the damage is outside')
    insist(consumed === damage.byteOffset, 'the damage is not where reading stopped')
  }
}

/** Bytes of a capture before its first packet. */
function headerBytes(bytes: Uint8Array): number {
  const [first] = recordEnds(bytes)
  return first === undefined ? bytes.length : Math.min(first, 24)
}

/** Random bytes as a capture, with and without a right magic. */
export function fuzzRubbish(draws: Draws): void {
  const bytes = draws.bytes(draws.below(600))
  const magics = [
    [0xd4, 0xc3, 0xb2, 0xa1],
    [0xa1, 0xb2, 0x3c, 0x4d],
    [0x0a, 0x0d, 0x0d, 0x0a],
  ]
  if (draws.below(4) > 0) bytes.set(draws.pick(magics).slice(0, bytes.length))
  if (bytes.length > 24 && draws.below(2) > 0) {
    bytes.set([draws.pick(linkTypes) & 255, 0, 0, 0], 20)
    bytes.set([0x4d, 0x3c, 0x2b, 0x1a], bytes[0] === 0x0a ? 8 : 4)
  }
  extractBytes(bytes)
}

/**
 * A frame of rubbish, or a mutated one, of every link type: what is decoded must not depend on
 * the bytes behind the captured ones.
 */
export function fuzzFrame(draws: Draws, frames: readonly Uint8Array[]): void {
  const frame =
    draws.below(3) === 0 ? draws.bytes(draws.below(120)) : mutate(draws, draws.pick(frames)).bytes
  const captured = draws.below(frame.length + 1)
  const type = draws.pick(linkTypes)
  const decode = (filler: number): string => {
    const buffer = new Uint8Array(frame.length + 64).fill(filler)
    buffer.set(frame.subarray(0, captured))
    const segment = new Segment()
    const kind = decodeSegment(segment, buffer, 0, captured, type)
    const { buffer: _, ...fields } = segment
    return kind > 1 ? String(kind) : JSON.stringify([kind, fields])
  }
  insist(decode(0) === decode(0xff), `link type ${type}: bytes beyond the capture were read`)
}

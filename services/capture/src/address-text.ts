import { addressBytes } from '@goldpan/core'

/** Addresses out of the bytes of a text, as they are spelt nearly always; without a string each. */

const dot = 46
const colon = 58

/** Writes a dotted quad into the last bytes of `bytes`; false where the text is anything else. */
export function readQuad(buffer: Buffer, start: number, end: number, bytes: Uint8Array): boolean {
  let at = start
  for (let group = 12; group < addressBytes; group++) {
    const stop = octetEnd(buffer, at, end)
    if (stop === at) return false
    let value = 0
    for (; at < stop; at++) value = value * 10 + buffer[at]! - 48
    if (value > 255) return false
    bytes[group] = value
    if (group < addressBytes - 1 && buffer[at++] !== dot) return false
  }
  return at === end
}

/** Where the digits of an octet end; `start` where there are none, too many, or a leading zero. */
function octetEnd(buffer: Buffer, start: number, end: number): number {
  let at = start
  while (at < end && at < start + 4 && buffer[at]! >= 48 && buffer[at]! <= 57) at++
  const isZeroLed = at > start + 1 && buffer[start] === 48
  return isZeroLed || at > start + 3 ? start : at
}

/** Value of a hexadecimal digit in lower case; 16 for anything else. */
const hexDigit = new Uint8Array(256).fill(16)
for (let value = 0; value < 16; value++) hexDigit[value.toString(16).charCodeAt(0)] = value

/** Writes an IPv6 address; false where it is none, or is spelt unusually. */
export function readGroups(buffer: Buffer, start: number, end: number, bytes: Uint8Array): boolean {
  let groups = 0
  let gap = -1
  let at = start
  if (end - start >= 2 && buffer[start] === colon && buffer[start + 1] === colon) {
    gap = 0
    at += 2
  }
  while (at < end) {
    const stop = groupEnd(buffer, at, end)
    if (stop === at || groups === 8) return false
    writeGroup(buffer, at, stop, bytes, groups++)
    const colons = colonsAt(buffer, stop, end)
    if (colons < 0 || (colons === 2 && gap >= 0)) return false
    if (colons === 2) gap = groups
    at = stop + colons
  }
  if (gap < 0) return groups === 8
  if (groups === 8) return false
  const behind = addressBytes - (groups - gap) * 2
  bytes.copyWithin(behind, gap * 2, groups * 2)
  bytes.fill(0, gap * 2, behind)
  return true
}

/** Where the digits of a group end; `start` where there are none or too many. */
function groupEnd(buffer: Buffer, start: number, end: number): number {
  let at = start
  while (at < end && hexDigit[buffer[at]!]! < 16) at++
  return at > start + 4 ? start : at
}

function writeGroup(
  buffer: Buffer,
  start: number,
  stop: number,
  bytes: Uint8Array,
  group: number,
): void {
  let value = 0
  for (let at = start; at < stop; at++) value = (value << 4) | hexDigit[buffer[at]!]!
  bytes[group * 2] = value >> 8
  bytes[group * 2 + 1] = value
}

/** Colons behind a group: 0 at the end, 1 or 2 before another; −1 for anything else. */
function colonsAt(buffer: Buffer, at: number, end: number): number {
  if (at === end) return 0
  if (buffer[at] !== colon || at + 1 === end) return -1
  return buffer[at + 1] === colon ? 2 : 1
}

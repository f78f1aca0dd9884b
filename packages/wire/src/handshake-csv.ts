import {
  addressBytes,
  formatHandshakeFlags,
  formatPacketTime,
  type HandshakeBatch,
  handshakePresent,
  isIpv4,
} from '@goldpan/core'

/** The contract of `goldpan handshakes --format csv`: grows only at its end. */
export const handshakeCsvHeader =
  'time,site,client,client_port,server,server_port,rtt_us,accept_us,hops,' +
  'synack_retransmissions,flags\n'

/** No row is longer: two IPv6 addresses, a time and eight short fields. */
const rowBytesMax = 256
const comma = 44
const dot = 46
const colon = 58
const flagTexts = Array.from({ length: 256 }, (_, flags) => bytesOf(formatHandshakeFlags(flags)))
const hexDigits = bytesOf('0123456789abcdef')
/** Three digits of each number below 1000. */
const threeDigits = bytesOf(
  Array.from({ length: 1000 }, (_, number) => String(number).padStart(3, '0')).join(''),
)

/** Formats batches as CSV rows, digits by hand: a row costs no string. */
export class HandshakeCsvFormatter {
  #buffer = new Uint8Array(0)
  #minute = Number.NaN
  #minuteText = new Uint8Array(0)
  readonly #site: Uint8Array

  constructor(site = '') {
    this.#site = bytesOf(site)
  }

  /** The rows of a batch as bytes, valid until the next call. */
  format(batch: HandshakeBatch): Uint8Array {
    const bytesMax = batch.length * (rowBytesMax + this.#site.length)
    if (this.#buffer.length < bytesMax) this.#buffer = new Uint8Array(bytesMax)
    return this.#buffer.subarray(0, this.#putRows(batch))
  }

  /** A loop of its own, so that it stays compiled from one batch to the next. */
  #putRows(batch: HandshakeBatch): number {
    let at = 0
    for (let row = 0; row < batch.length; row++) at = this.#putRow(batch, row, at)
    return at
  }

  #putRow(batch: HandshakeBatch, row: number, start: number): number {
    const buffer = this.#buffer
    const present = batch.present[row]!
    let at = this.#putTime(batch.timeMicros[row]!, start)
    buffer[at++] = comma
    at = putText(buffer, at, this.#site)
    buffer[at++] = comma
    if (present & handshakePresent.client) {
      at = putAddress(buffer, at, batch.client, row * addressBytes)
      buffer[at++] = comma
      at = putNumber(buffer, at, batch.clientPort[row]!)
    } else buffer[at++] = comma
    buffer[at++] = comma
    at = putAddress(buffer, at, batch.server, row * addressBytes)
    buffer[at++] = comma
    at = putNumber(buffer, at, batch.serverPort[row]!)
    buffer[at++] = comma
    at = putNumber(buffer, at, batch.rttMicros[row]!)
    buffer[at++] = comma
    if (present & handshakePresent.accept) at = putNumber(buffer, at, batch.acceptMicros[row]!)
    buffer[at++] = comma
    if (present & handshakePresent.hops) at = putNumber(buffer, at, batch.hops[row]!)
    buffer[at++] = comma
    at = putNumber(buffer, at, batch.synackRetransmissions[row]!)
    buffer[at++] = comma
    at = putText(buffer, at, flagTexts[batch.flags[row]!]!)
    buffer[at++] = 10
    return at
  }

  #putTime(micros: number, start: number): number {
    const buffer = this.#buffer
    const minute = Math.floor(micros / 60e6)
    if (minute !== this.#minute) {
      this.#minute = minute
      this.#minuteText = bytesOf(formatPacketTime(minute * 60e6).slice(0, 17))
    }
    let at = putText(buffer, start, this.#minuteText)
    const rest = (micros - minute * 60e6) | 0
    const seconds = (rest / 1_000_000) | 0
    buffer[at++] = threeDigits[seconds * 3 + 1]!
    buffer[at++] = threeDigits[seconds * 3 + 2]!
    buffer[at++] = dot
    const fraction = rest - seconds * 1_000_000
    const thousands = (fraction / 1000) | 0
    at = putThreeDigits(buffer, at, thousands)
    at = putThreeDigits(buffer, at, fraction - thousands * 1000)
    buffer[at++] = 90
    return at
  }
}

function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text)
}

function putText(buffer: Uint8Array, start: number, text: Uint8Array): number {
  for (let index = 0; index < text.length; index++) buffer[start + index] = text[index]!
  return start + text.length
}

function putThreeDigits(buffer: Uint8Array, at: number, value: number): number {
  buffer[at] = threeDigits[value * 3]!
  buffer[at + 1] = threeDigits[value * 3 + 1]!
  buffer[at + 2] = threeDigits[value * 3 + 2]!
  return at + 3
}

function putNumber(buffer: Uint8Array, at: number, value: number): number {
  if (value >= 1000) {
    const thousands = Math.floor(value / 1000)
    return putThreeDigits(buffer, putNumber(buffer, at, thousands), value - thousands * 1000)
  }
  let next = at
  if (value >= 100) buffer[next++] = threeDigits[value * 3]!
  if (value >= 10) buffer[next++] = threeDigits[value * 3 + 1]!
  buffer[next++] = threeDigits[value * 3 + 2]!
  return next
}

function putAddress(buffer: Uint8Array, start: number, bytes: Uint8Array, offset: number): number {
  if (!isIpv4(bytes, offset)) return putIpv6(buffer, start, bytes, offset)
  let at = putNumber(buffer, start, bytes[offset + 12]!)
  for (let index = 13; index < 16; index++) {
    buffer[at++] = dot
    at = putNumber(buffer, at, bytes[offset + index]!)
  }
  return at
}

/** RFC 5952: lower case, no leading zeros, the first longest run of zero groups as `::`. */
function putIpv6(buffer: Uint8Array, start: number, bytes: Uint8Array, offset: number): number {
  const run = longestZeroRun(bytes, offset)
  const runStart = run >> 4
  const runEnd = runStart + (run & 15)
  let at = start
  for (let group = 0; group < 8; group++) {
    if (group === runStart && runEnd - runStart >= 2) {
      buffer[at++] = colon
      if (runEnd === 8) buffer[at++] = colon
      group = runEnd - 1
      continue
    }
    if (group > 0) buffer[at++] = colon
    at = putHex(buffer, at, bytes[offset + group * 2]!, bytes[offset + group * 2 + 1]!)
  }
  return at
}

function putHex(buffer: Uint8Array, start: number, high: number, low: number): number {
  let at = start
  if (high > 0xf) buffer[at++] = hexDigits[high >> 4]!
  if (high > 0) buffer[at++] = hexDigits[high & 15]!
  if (high > 0 || low > 0xf) buffer[at++] = hexDigits[low >> 4]!
  buffer[at++] = hexDigits[low & 15]!
  return at
}

/** Start of the run in the upper bits, its length in the lower four. */
function longestZeroRun(bytes: Uint8Array, offset: number): number {
  let best = 0
  let length = 0
  for (let group = 0; group < 8; group++) {
    length = bytes[offset + group * 2] === 0 && bytes[offset + group * 2 + 1] === 0 ? length + 1 : 0
    if (length > (best & 15)) best = ((group - length + 1) << 4) | length
  }
  return best
}

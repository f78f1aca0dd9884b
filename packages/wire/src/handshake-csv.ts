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
const zero = 48
const comma = 44
const colon = 58
const hexDigits = '0123456789abcdef'
const flagTexts = Array.from({ length: 256 }, (_, flags) => formatHandshakeFlags(flags))

/** Formats batches as CSV rows, digits by hand: a row costs no string. */
export class HandshakeCsvFormatter {
  #buffer = new Uint8Array(0)
  #at = 0
  #minute = Number.NaN
  #minuteText = ''
  readonly #site: string

  constructor(site = '') {
    this.#site = site
  }

  /** The rows of a batch as bytes, valid until the next call. */
  format(batch: HandshakeBatch): Uint8Array {
    const bytesMax = batch.length * (rowBytesMax + this.#site.length)
    if (this.#buffer.length < bytesMax) this.#buffer = new Uint8Array(bytesMax)
    this.#at = 0
    for (let row = 0; row < batch.length; row++) this.#formatRow(batch, row)
    return this.#buffer.subarray(0, this.#at)
  }

  #formatRow(batch: HandshakeBatch, row: number): void {
    const present = batch.present[row]!
    this.#time(batch.timeMicros[row]!)
    this.#comma()
    this.#text(this.#site)
    this.#comma()
    if (present & handshakePresent.client) {
      this.#address(batch.client, row * addressBytes)
      this.#comma()
      this.#number(batch.clientPort[row]!)
    } else this.#comma()
    this.#comma()
    this.#address(batch.server, row * addressBytes)
    this.#comma()
    this.#number(batch.serverPort[row]!)
    this.#comma()
    this.#number(batch.rttMicros[row]!)
    this.#comma()
    if (present & handshakePresent.accept) this.#number(batch.acceptMicros[row]!)
    this.#comma()
    if (present & handshakePresent.hops) this.#number(batch.hops[row]!)
    this.#comma()
    this.#number(batch.synackRetransmissions[row]!)
    this.#comma()
    this.#text(flagTexts[batch.flags[row]!]!)
    this.#buffer[this.#at++] = 10
  }

  #comma(): void {
    this.#buffer[this.#at++] = comma
  }

  #text(text: string): void {
    for (let index = 0; index < text.length; index++) {
      this.#buffer[this.#at++] = text.charCodeAt(index)
    }
  }

  #number(value: number): void {
    let divisor = 1
    while (value / divisor >= 10) divisor *= 10
    let rest = value
    for (; divisor >= 1; divisor /= 10) {
      const digit = (rest / divisor) | 0
      this.#buffer[this.#at++] = zero + digit
      rest -= digit * divisor
    }
  }

  #time(micros: number): void {
    const minute = Math.floor(micros / 60e6)
    if (minute !== this.#minute) {
      this.#minute = minute
      this.#minuteText = formatPacketTime(minute * 60e6).slice(0, 17)
    }
    this.#text(this.#minuteText)
    const rest = micros - minute * 60e6
    const seconds = (rest / 1e6) | 0
    this.#digits(seconds, 10)
    this.#buffer[this.#at++] = 46
    this.#digits(rest - seconds * 1e6, 100_000)
    this.#buffer[this.#at++] = 90
  }

  #digits(value: number, firstDivisor: number): void {
    let rest = value
    for (let divisor = firstDivisor; divisor >= 1; divisor /= 10) {
      const digit = (rest / divisor) | 0
      this.#buffer[this.#at++] = zero + digit
      rest -= digit * divisor
    }
  }

  #address(bytes: Uint8Array, offset: number): void {
    if (!isIpv4(bytes, offset)) return this.#ipv6(bytes, offset)
    for (let index = 12; index < 16; index++) {
      if (index > 12) this.#buffer[this.#at++] = 46
      this.#number(bytes[offset + index]!)
    }
  }

  /** RFC 5952: lower case, no leading zeros, the first longest run of zero groups as `::`. */
  #ipv6(bytes: Uint8Array, offset: number): void {
    const run = longestZeroRun(bytes, offset)
    const runStart = run >> 4
    const runEnd = runStart + (run & 15)
    for (let group = 0; group < 8; group++) {
      if (group === runStart && runEnd - runStart >= 2) {
        this.#buffer[this.#at++] = colon
        if (runEnd === 8) this.#buffer[this.#at++] = colon
        group = runEnd - 1
        continue
      }
      if (group > 0) this.#buffer[this.#at++] = colon
      this.#hex((bytes[offset + group * 2]! << 8) | bytes[offset + group * 2 + 1]!)
    }
  }

  #hex(value: number): void {
    for (let shift = value > 0xfff ? 12 : value > 0xff ? 8 : value > 0xf ? 4 : 0; shift >= 0; ) {
      this.#buffer[this.#at++] = hexDigits.charCodeAt((value >> shift) & 15)
      shift -= 4
    }
  }
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

import {
  addressBytes,
  type HandshakeBatch,
  handshakeFlag,
  handshakeFlagNames,
  handshakePresent,
  parseAddress,
  parsePacketTime,
  writePrefix,
} from '@goldpan/core'
import { handshakeCsvHeader } from '@goldpan/wire/handshake-csv'

/** Where a file stopped making sense; all rows before it were read. */
export interface CsvDamage {
  /** Offset of the line. */
  readonly byteOffset: number
  readonly reason: string
}

export interface HandshakeRowSink {
  /** The batch that rows go to; it has room for one more. */
  rowBatch(): HandshakeBatch
  /** Called after each row that was written. */
  rowAdded(): void
}

/** No line of ours is half as long. */
const lineBytesMax = 1024
const columns = handshakeCsvHeader.trim().split(',')
const comma = 44
const dot = 46
const newline = 10
const carriageReturn = 13
const flagBits = new Map<string, number>(
  handshakeFlagNames.map((name) => [name, handshakeFlag[name]]),
)
flagBits.set('', 0)

/** Whether a file starts as `goldpan handshakes --format csv` does; columns may follow ours. */
export function isHandshakeCsv(head: Uint8Array): boolean {
  const text = Buffer.from(head.subarray(0, lineBytesMax)).toString('latin1')
  const first = text.split(/\r?\n/, 1)[0]!
  return first === columns.join(',') || first.startsWith(`${columns.join(',')},`)
}

/** Parses the CSV of `goldpan handshakes`, line by line out of chunks of bytes. */
export class HandshakeCsvParser {
  damage: CsvDamage | undefined
  /** Bytes that were consumed. */
  position = 0
  /** Rows without a client: their prefix is unknown. */
  rowsWithoutClient = 0
  readonly #sink: HandshakeRowSink
  #isHeader = true
  /** First byte of each column of the line at hand, and one past its last comma. */
  readonly #starts = new Int32Array(columns.length + 1)
  readonly #address = new Map<string, Uint8Array>()
  /** An IPv4 address, mapped; it holds until the next one. */
  readonly #quad = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 0, 0)
  readonly #server = new Uint8Array(addressBytes)
  #serverText: Buffer = Buffer.alloc(0)
  readonly #flags = new Map(flagBits)
  #minute = ''
  #minuteMicros = 0

  constructor(sink: HandshakeRowSink) {
    this.#sink = sink
  }

  /**
   * Parses the whole lines of `buffer[begin, end)`, of the last chunk also what has no newline;
   * returns the offset of the first byte that it did not consume.
   */
  parse(buffer: Buffer, begin: number, end: number, isLast: boolean): number {
    let at = begin
    while (at < end && !this.damage) {
      const lineEnd = this.#lineEnd(buffer, at, end, isLast)
      if (lineEnd < 0) break
      this.#parseLine(buffer, at, lineEnd)
      if (this.damage) break
      const next = Math.min(lineEnd + 1, end)
      this.position += next - at
      at = next
    }
    return at
  }

  /** Where the line at `at` ends, or −1 when its end is still to come. */
  #lineEnd(buffer: Buffer, at: number, end: number, isLast: boolean): number {
    const lineEnd = buffer.indexOf(newline, at)
    if (lineEnd >= 0 && lineEnd < end) return lineEnd
    if (end - at > lineBytesMax) this.#refuse('a line is too long')
    return isLast && !this.damage ? end : -1
  }

  #refuse(reason: string): void {
    this.damage ??= { byteOffset: this.position, reason }
  }

  #parseLine(buffer: Buffer, begin: number, lineEnd: number): void {
    const end = lineEnd > begin && buffer[lineEnd - 1] === carriageReturn ? lineEnd - 1 : lineEnd
    if (this.#isHeader || end === begin) {
      this.#isHeader = false
      return
    }
    if (!this.#splitLine(buffer, begin, end)) return this.#refuse('a line has too few columns')
    if (this.#starts[3]! - this.#starts[2]! === 1) {
      this.rowsWithoutClient++
      return
    }
    const batch = this.#sink.rowBatch()
    if (!this.#writeRow(buffer, batch, batch.length)) return this.#refuse('a line is no handshake')
    batch.length++
    this.#sink.rowAdded()
  }

  /** Finds the columns of a line; false when there are too few. */
  #splitLine(buffer: Buffer, begin: number, end: number): boolean {
    const starts = this.#starts
    let column = 0
    starts[0] = begin
    for (let at = begin; at < end && column < columns.length; at++) {
      if (buffer[at] === comma) starts[++column] = at + 1
    }
    if (column < columns.length) starts[++column] = end + 1
    return column === columns.length
  }

  #writeRow(buffer: Buffer, batch: HandshakeBatch, row: number): boolean {
    const timeMicros = this.#time(buffer)
    const server = this.#serverAt(buffer, 4)
    const client = this.#addressAt(buffer, 2)
    const clientPort = this.#number(buffer, 3)
    const serverPort = this.#number(buffer, 5)
    const rttMicros = this.#number(buffer, 6)
    const retransmissions = this.#number(buffer, 9)
    if (timeMicros === undefined || !client || !server) return false
    if (rttMicros < 0 || retransmissions < 0) return false
    if (!isPort(clientPort) || !isPort(serverPort)) return false
    const at = row * addressBytes
    batch.timeMicros[row] = timeMicros
    batch.client.set(client, at)
    batch.server.set(server, at)
    writePrefix(client, 0, batch.prefix, at)
    batch.clientPort[row] = clientPort
    batch.serverPort[row] = serverPort
    batch.rttMicros[row] = rttMicros
    batch.synackRetransmissions[row] = Math.min(retransmissions, 255)
    batch.flags[row] = this.#flagsAt(buffer)
    return this.#writeOptional(buffer, batch, row)
  }

  /** The columns that may be empty. */
  #writeOptional(buffer: Buffer, batch: HandshakeBatch, row: number): boolean {
    let present: number = handshakePresent.client
    const acceptMicros = this.#number(buffer, 7)
    if (acceptMicros >= 0) {
      batch.acceptMicros[row] = acceptMicros
      present |= handshakePresent.accept
    }
    const hops = this.#number(buffer, 8)
    if (hops >= 0) {
      batch.hops[row] = hops
      present |= handshakePresent.hops
    }
    batch.present[row] = present
    return acceptMicros !== notANumber && hops !== notANumber && hops <= 255
  }

  /** The number in a column: −1 where it is empty, {@link notANumber} where it is none. */
  #number(buffer: Buffer, column: number): number {
    const end = this.#starts[column + 1]! - 1
    let at = this.#starts[column]!
    if (at === end) return -1
    let value = 0
    for (; at < end; at++) {
      const digit = buffer[at]! - 48
      if (digit < 0 || digit > 9 || value > numberMax) return notANumber
      value = value * 10 + digit
    }
    return value > numberMax ? notANumber : value
  }

  /** Times of one minute share their first 17 characters. */
  #time(buffer: Buffer): number | undefined {
    const start = this.#starts[0]!
    const text = buffer.toString('latin1', start, this.#starts[1]! - 1)
    if (text.length === 27 && text.startsWith(this.#minute) && this.#minute !== '') {
      const seconds = Number(text.slice(17, 26))
      if (seconds >= 0 && seconds < 60 && text[26] === 'Z') {
        return this.#minuteMicros + Math.round(seconds * 1e6)
      }
    }
    const micros = parsePacketTime(text)
    if (micros !== undefined && text.length === 27) {
      this.#minute = text.slice(0, 17)
      this.#minuteMicros = Math.floor(micros / 60e6) * 60e6
    }
    return micros
  }

  /** Nearly every line has the server of the line before. */
  #serverAt(buffer: Buffer, column: number): Uint8Array | undefined {
    const start = this.#starts[column]!
    const end = this.#starts[column + 1]! - 1
    const { length } = this.#serverText
    const isSame =
      length === end - start && buffer.compare(this.#serverText, 0, length, start, end) === 0
    if (isSame) return this.#server
    const server = this.#addressAt(buffer, column)
    if (!server) return undefined
    this.#server.set(server)
    this.#serverText = Buffer.from(buffer.subarray(start, end))
    return this.#server
  }

  /** Writes a dotted quad to the scratch; false where the text is anything else. */
  #readQuad(buffer: Buffer, start: number, end: number): boolean {
    let at = start
    for (let group = 12; group < addressBytes; group++) {
      const stop = octetEnd(buffer, at, end)
      if (stop === at) return false
      let value = 0
      for (; at < stop; at++) value = value * 10 + buffer[at]! - 48
      if (value > 255) return false
      this.#quad[group] = value
      if (group < addressBytes - 1 && buffer[at++] !== dot) return false
    }
    return at === end
  }

  /** Clients come back: an address is parsed once, as long as there are not too many. */
  #addressAt(buffer: Buffer, column: number): Uint8Array | undefined {
    const start = this.#starts[column]!
    if (this.#readQuad(buffer, start, this.#starts[column + 1]! - 1)) return this.#quad
    const text = buffer.toString('latin1', this.#starts[column], this.#starts[column + 1]! - 1)
    const known = this.#address.get(text)
    if (known) return known
    const bytes = parseAddress(text)
    if (this.#address.size >= addressesMax) this.#address.clear()
    if (bytes) this.#address.set(text, bytes)
    return bytes
  }

  /** Names that are not known yet are passed over: flags may grow. */
  #flagsAt(buffer: Buffer): number {
    const last = columns.length - 1
    const text = buffer.toString('latin1', this.#starts[last], this.#starts[last + 1]! - 1)
    const known = this.#flags.get(text)
    if (known !== undefined) return known
    const flags = text.split(' ').reduce((bits, name) => bits | (flagBits.get(name) ?? 0), 0)
    if (this.#flags.size < 256) this.#flags.set(text, flags)
    return flags
  }
}

/** Where the digits of an octet end; `start` where there are none, too many, or a leading zero. */
function octetEnd(buffer: Buffer, start: number, end: number): number {
  let at = start
  while (at < end && at < start + 4 && buffer[at]! >= 48 && buffer[at]! <= 57) at++
  const isZeroLed = at > start + 1 && buffer[start] === 48
  return isZeroLed || at > start + 3 ? start : at
}

const notANumber = -2
const numberMax = 0xffff_ffff
const addressesMax = 65_536
const isPort = (value: number): boolean => value >= 0 && value <= 65_535

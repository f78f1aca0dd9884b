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
import { readGroups, readQuad } from './address-text.ts'

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
  /** An IPv6 address; it holds until the next one. */
  readonly #groups = new Uint8Array(addressBytes)
  readonly #server = new Uint8Array(addressBytes)
  #serverText: Buffer = Buffer.alloc(0)
  readonly #flags = new Map(flagBits)
  #minute: Buffer = Buffer.alloc(0)
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
    const end = this.#starts[1]! - 1
    if (end - start === timeBytes && this.#isOfMinute(buffer, start)) {
      const micros = microsOfMinute(buffer, start + minuteBytes)
      if (micros >= 0) return this.#minuteMicros + micros
    }
    const text = buffer.toString('latin1', start, end)
    const micros = parsePacketTime(text)
    if (micros !== undefined && text.length === timeBytes) {
      this.#minute = Buffer.from(buffer.subarray(start, start + minuteBytes))
      this.#minuteMicros = Math.floor(micros / 60e6) * 60e6
    }
    return micros
  }

  /** Whether the time at `start` lies in the minute at hand. */
  #isOfMinute(buffer: Buffer, start: number): boolean {
    const minute = this.#minute
    // The last characters differ most often.
    for (let at = minute.length - 1; at >= 0; at--) {
      if (buffer[start + at] !== minute[at]) return false
    }
    return minute.length > 0
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

  /** An unusual spelling is parsed once, as long as there are not too many. */
  #addressAt(buffer: Buffer, column: number): Uint8Array | undefined {
    const start = this.#starts[column]!
    const end = this.#starts[column + 1]! - 1
    if (readQuad(buffer, start, end, this.#quad)) return this.#quad
    if (readGroups(buffer, start, end, this.#groups)) return this.#groups
    const text = buffer.toString('latin1', start, end)
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
    if (this.#starts[last] === this.#starts[last + 1]! - 1) return 0
    const text = buffer.toString('latin1', this.#starts[last], this.#starts[last + 1]! - 1)
    const known = this.#flags.get(text)
    if (known !== undefined) return known
    const flags = text.split(' ').reduce((bits, name) => bits | (flagBits.get(name) ?? 0), 0)
    if (this.#flags.size < 256) this.#flags.set(text, flags)
    return flags
  }
}

const timeBytes = 27
/** `2026-03-03T00:00:`, as all times of a minute begin. */
const minuteBytes = 17

/** Microseconds of `12.345678Z` at `start`; −1 where it is anything else. */
function microsOfMinute(buffer: Buffer, start: number): number {
  if (buffer[start + 2] !== dot || buffer[start + 9] !== 90) return -1
  let micros = 0
  for (let at = start; at < start + 9; at++) {
    if (at === start + 2) continue
    const digit = buffer[at]! - 48
    if (digit < 0 || digit > 9) return -1
    micros = micros * 10 + digit
  }
  return micros < 60e6 ? micros : -1
}

const notANumber = -2
const numberMax = 0xffff_ffff
const addressesMax = 65_536
const isPort = (value: number): boolean => value >= 0 && value <= 65_535

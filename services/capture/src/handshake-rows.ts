import type { HandshakeBatch } from '@goldpan/core'
import type { BootStream } from './boot-stream.ts'
import type { HandshakeFileSink } from './handshake-file.ts'
import { PacketClock, tick } from './packet-clock.ts'

/**
 * Takes the rows of handshake files and sends them as a sensor would: minutes of their times make
 * heartbeats, hours close batches. They say nothing about traffic.
 */
export class HandshakeRows implements HandshakeFileSink {
  /** Rows of all files. */
  rows = 0
  firstMicros: number | undefined
  lastMicros: number | undefined
  readonly #version: string
  readonly #clock = new PacketClock()
  #stream: BootStream | undefined
  #rowsBeforeFile = 0
  #fileMicros = 0

  constructor(version: string) {
    this.#version = version
  }

  /** Rows that follow are of this file. */
  startFile(stream: BootStream): void {
    this.#stream = stream
    this.#rowsBeforeFile = this.rows
    this.#fileMicros = 0
    this.#clock.restart()
  }

  /** The file is over: its last heartbeat says so. */
  endFile(): void {
    if (!this.#stream) return
    if (this.rows > this.#rowsBeforeFile) this.#addStatus(this.#fileMicros, true)
    this.#stream.flush()
    this.#stream.handshakes.shrink()
  }

  rowBatch(): HandshakeBatch {
    return this.#stream!.handshakes.batch
  }

  rowAdded(): void {
    const { handshakes } = this.#stream!
    const { batch } = handshakes
    this.#advance(batch.timeMicros[batch.length - 1]!)
    if (batch.length === batch.capacity) handshakes.full()
  }

  /** Appends the rows of a batch, column by column. */
  append(source: HandshakeBatch): void {
    const { handshakes } = this.#stream!
    for (let from = 0; from < source.length; ) {
      const target = handshakes.batch
      const rows = Math.min(source.length - from, target.capacity - target.length)
      copyRows(source, from, target, rows)
      for (let row = 0; row < rows; row++) this.#advance(source.timeMicros[from + row]!)
      from += rows
      if (target.length === target.capacity) handshakes.full()
    }
  }

  #advance(micros: number): void {
    this.rows++
    this.firstMicros = Math.min(this.firstMicros ?? micros, micros)
    this.lastMicros = Math.max(this.lastMicros ?? micros, micros)
    if (micros > this.#fileMicros) this.#fileMicros = micros
    const passed = this.#clock.advance(Math.floor(micros / 1e6))
    if (passed === tick.none) return
    this.#addStatus(this.#clock.minuteSeconds * 1e6, false)
    if (passed === tick.hour) this.#stream!.flush()
  }

  #addStatus(timeMicros: number, final: boolean): void {
    const handshakes = this.rows - this.#rowsBeforeFile
    this.#stream!.addStatus({
      timeMicros,
      final,
      packets: 0,
      bytes: 0,
      handshakes,
      counters: { handshakes },
      pending: 0,
      version: this.#version,
    })
  }
}

/** Copies `rows` rows of every column of `target`, and their presence but that of links. */
function copyRows(
  source: HandshakeBatch,
  from: number,
  target: HandshakeBatch,
  rows: number,
): void {
  for (const [name, column] of Object.entries(target)) {
    const values = source[name as keyof HandshakeBatch]
    if (!ArrayBuffer.isView(column) || !ArrayBuffer.isView(values)) continue
    const width = (column as Uint8Array).length / target.capacity
    if ((values as Uint8Array).length < source.length * width) continue
    const part = (values as Uint8Array).subarray(from * width, (from + rows) * width)
    ;(column as Uint8Array).set(part, target.length * width)
  }
  target.length += rows
}

import { writeSync } from 'node:fs'
import { readHandshakes } from '@goldpan/capture/read-handshakes'
import type { HandshakeBatch } from '@goldpan/core'
import { HandshakeCsvFormatter, handshakeCsvHeader } from '@goldpan/wire/handshake-csv'
import { exitCode } from '../exit-code.ts'

export type HandshakesFormat = 'csv' | 'json' | 'arrow'

export interface HandshakesOptions {
  readonly inputs: readonly string[]
  readonly ports: readonly number[]
  readonly format: HandshakesFormat
}

/** Prints the handshakes of captures to standard output, one row each. */
export async function run(options: HandshakesOptions): Promise<number> {
  const writer = await createWriter[options.format]()
  const read = await readHandshakes({ ...options, onBatch: writer.write })
  if (!read.ok) {
    process.stderr.write(`goldpan: ${read.error.message}\n`)
    return exitCode.failed
  }
  writer.end?.()
  const { damages, notes, tracker } = read.value
  for (const note of notes) process.stderr.write(`goldpan: ${note}\n`)
  for (const damage of damages) process.stderr.write(`goldpan: ${damage.message}\n`)
  if (tracker.counters.client_side * 2 > tracker.counters.handshakes) {
    process.stderr.write('goldpan: this was captured at the client: RTTs are SYN → SYN-ACK\n')
  }
  return damages.length > 0 ? exitCode.damagedInput : exitCode.done
}

interface Writer {
  readonly write: (batch: HandshakeBatch) => void
  readonly end?: () => void
}

const createWriter: Readonly<Record<HandshakesFormat, () => Promise<Writer>>> = {
  async csv() {
    const formatter = new HandshakeCsvFormatter()
    writeOut(Buffer.from(handshakeCsvHeader))
    return { write: (batch) => writeOut(formatter.format(batch)) }
  },
  async json() {
    const { formatHandshakeJson } = await import('../handshake-json.ts')
    return { write: (batch) => writeOut(Buffer.from(formatHandshakeJson(batch))) }
  },
  async arrow() {
    const { HandshakeStreamEncoder } = await import('@goldpan/wire')
    const encoder = new HandshakeStreamEncoder()
    return {
      write: (batch) => writeOut(encoder.encode(batch)),
      end: () => writeOut(encoder.end()),
    }
  },
}

/** Writes all of `bytes` to standard output at once: no queue grows behind a slow reader. */
function writeOut(bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(1, bytes, at)
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code === 'EPIPE') process.exit(exitCode.done)
      if (code !== 'EAGAIN') throw error
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5)
    }
  }
}

import { writeSync } from 'node:fs'
import { readHandshakes } from '@goldpan/capture/read-handshakes'
import type { HandshakeBatch } from '@goldpan/core'
import { HandshakeCsvFormatter, handshakeCsvHeader } from '@goldpan/wire/handshake-csv'
import { exitCode } from '../exit-code.ts'
import { standardInputTwice } from '../site-inputs.ts'
import { complain } from '../standard-error.ts'

export type HandshakesFormat = 'csv' | 'json' | 'arrow'

export interface HandshakesOptions {
  readonly inputs: readonly string[]
  readonly ports: readonly number[]
  readonly format: HandshakesFormat
}

/** Prints the handshakes of captures to standard output, one row each. */
export async function run(options: HandshakesOptions): Promise<number> {
  const twice = standardInputTwice(options.inputs)
  if (twice !== undefined) {
    complain(twice)
    return exitCode.usage
  }
  const writer = await createWriter[options.format]()
  const read = await readHandshakes({ ...options, onBatch: writer.write })
  if (!read.ok) {
    complain(read.error.message)
    return exitCode.failed
  }
  writer.end?.()
  const { damages, notes, takenAtClient } = read.value
  for (const note of notes) complain(note)
  for (const damage of damages) complain(damage.message)
  for (const file of takenAtClient) {
    const name = file === '-' ? 'standard input' : file
    complain(
      `${name} was captured at the client: its RTTs are SYN → SYN-ACK; capture at the server to ` +
        'measure its clients',
    )
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
    let headerBytes: Uint8Array | undefined = Buffer.from(handshakeCsvHeader)
    // What cannot be read prints nothing; a capture without handshakes prints the header.
    const writeHeader = (): void => {
      if (headerBytes) writeOut(headerBytes)
      headerBytes = undefined
    }
    return {
      write(batch) {
        writeHeader()
        writeOut(formatter.format(batch))
      },
      end: writeHeader,
    }
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
      if (code === 'ENOSPC') {
        complain('standard output is full: free some disk space and run the same command again')
        process.exit(exitCode.failed)
      }
      if (code !== 'EAGAIN') throw error
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5)
    }
  }
}

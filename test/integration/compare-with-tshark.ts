import { readHandshakes } from '@goldpan/capture'
import { addressBytes, formatAddress, type HandshakeBatch } from '@goldpan/core'
import { classOf, type HandshakeClass } from './handshake-class.ts'
import { readWithTshark, type TsharkSegment } from './tshark.ts'

interface Sample {
  /** Packet time of the ACK. */
  readonly ackMicros: number
  readonly rttMicros: number
}
type Handshakes = ReadonlyMap<string, readonly Sample[]>

export interface TsharkComparison {
  /** 4-tuples with nothing special on which both agree, and how many handshakes that is. */
  readonly equal: number
  readonly equalHandshakes: number
  /** 4-tuples with nothing special on which they do not: must be empty. */
  readonly unexplained: readonly string[]
  /** 4-tuples on which they differ, by the class that explains it. */
  readonly explained: Readonly<Partial<Record<HandshakeClass, number>>>
}

/** Reads a capture with both and compares 4-tuple by 4-tuple. */
export async function compareWithTshark(path: string, port = 53): Promise<TsharkComparison> {
  const segments = Map.groupBy(readWithTshark(path, port), ({ tuple }) => tuple)
  const ours = await readOurs(path, port)
  const theirs = handshakesOf(segments)
  const explained: Partial<Record<HandshakeClass, number>> = {}
  const unexplained: string[] = []
  let equal = 0
  let equalHandshakes = 0
  for (const tuple of new Set([...segments.keys(), ...ours.keys()])) {
    const [left, right] = [ours.get(tuple) ?? [], theirs.get(tuple) ?? []]
    const isEqual = left.length === right.length && left.every((row, at) => isSame(row, right[at]!))
    const kind = classOf(segments.get(tuple) ?? [])
    if (isEqual && !kind) {
      equal++
      equalHandshakes += left.length
    } else if (!isEqual && kind) explained[kind] = (explained[kind] ?? 0) + 1
    else if (!isEqual) unexplained.push(JSON.stringify({ tuple, ours: left, tshark: right }))
  }
  return { equal, equalHandshakes, unexplained, explained }
}

/** RTTs are equal; the time of an ACK may be rounded another way where a file has nanoseconds. */
const isSame = (left: Sample, right: Sample): boolean =>
  left.rttMicros === right.rttMicros && Math.abs(left.ackMicros - right.ackMicros) <= 1

function handshakesOf(segments: ReadonlyMap<string, readonly TsharkSegment[]>): Handshakes {
  const found = new Map<string, Sample[]>()
  for (const [tuple, list] of segments) {
    const samples = list.flatMap(({ micros, rttMicros }) =>
      rttMicros === undefined ? [] : [{ ackMicros: micros, rttMicros }],
    )
    if (samples.length > 0) found.set(tuple, samples)
  }
  return found
}

async function readOurs(path: string, port: number): Promise<Handshakes> {
  const found = new Map<string, Sample[]>()
  const read = await readHandshakes({
    inputs: [path],
    ports: [port],
    onBatch: (batch) => {
      for (let row = 0; row < batch.length; row++) addRow(found, batch, row)
    },
  })
  if (!read.ok) throw new Error(read.error.message)
  return found
}

function addRow(found: Map<string, Sample[]>, batch: HandshakeBatch, row: number): void {
  const client = `${formatAddress(batch.client, row * addressBytes)} ${batch.clientPort[row]}`
  const server = `${formatAddress(batch.server, row * addressBytes)} ${batch.serverPort[row]}`
  const tuple = `${client} ${server}`
  const rttMicros = batch.rttMicros[row]!
  const list = found.get(tuple) ?? []
  list.push({ ackMicros: batch.timeMicros[row]! + rttMicros, rttMicros })
  found.set(tuple, list)
}

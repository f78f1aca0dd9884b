import { err, ok, type Result } from '@goldpan/core'
import { type InputError, listInput } from './input-file.ts'
import { readCapture } from './read-capture.ts'

/** The captures of one site in the order of their first packets. */
export interface OrderedCaptures {
  readonly files: readonly string[]
  /** What was passed over, one sentence each. */
  readonly notes: readonly string[]
}

/**
 * Lists the captures of some inputs in packet-time order: handshakes may cross from one file into
 * the next. Inputs that a user named must be readable; in a folder what is no capture is skipped.
 */
export async function orderCaptures(
  inputs: readonly string[],
): Promise<Result<OrderedCaptures, InputError>> {
  const found: FoundCapture[] = []
  const notes: string[] = []
  for (const input of inputs) {
    const listed = listInput(input)
    if (!listed.ok) return listed
    const isFile = listed.value.length === 1 && listed.value[0] === input
    const added = isFile
      ? await findFile(input, inputs.length)
      : await findInFolder(listed.value, notes)
    if (!added.ok) return added
    if (added.value.length === 0) return err(noCaptures(input))
    found.push(...added.value)
  }
  found.sort((left, right) => left.startSeconds - right.startSeconds)
  return ok({ files: found.map(({ file }) => file), notes })
}

interface FoundCapture {
  readonly file: string
  readonly startSeconds: number
}

/** A single input needs no order, and a pipe can be read only once. */
async function findFile(file: string, inputs: number): Promise<Result<FoundCapture[], InputError>> {
  if (file === '-' || inputs === 1) return ok([{ file, startSeconds: 0 }])
  const start = await firstPacketSeconds(file)
  return start.ok ? ok([{ file, startSeconds: start.value }]) : start
}

async function findInFolder(
  files: readonly string[],
  notes: string[],
): Promise<Result<FoundCapture[], InputError>> {
  const found: FoundCapture[] = []
  for (const file of files) {
    const start = await firstPacketSeconds(file)
    if (start.ok) found.push({ file, startSeconds: start.value })
    else notes.push(`skipped: ${start.error.message}`)
  }
  return ok(found)
}

const noCaptures = (folder: string): InputError => ({
  code: 'NO_CAPTURES',
  message: `${folder} holds no captures: name a folder with pcap or pcapng files`,
})

/** Time of the first packet of a capture; Infinity where it has none. */
async function firstPacketSeconds(file: string): Promise<Result<number, InputError>> {
  const stop = new AbortController()
  let first = Number.POSITIVE_INFINITY
  const read = await readCapture(
    file,
    {
      packet(_buffer, _start, _captured, _linkType, seconds, nanoseconds) {
        if (first === Number.POSITIVE_INFINITY) first = seconds + nanoseconds / 1e9
        stop.abort()
      },
    },
    { signal: stop.signal },
  )
  return read.ok ? ok(first) : read
}

import { err, ok, type Result } from '@goldpan/core'
import { type InputError, listInput } from './input-file.ts'
import { isPipe } from './piped-input.ts'
import { readCapture } from './read-capture.ts'
import { UnreadInputs } from './unread-inputs.ts'

/** The captures of one site in the order of their first packets. */
export interface OrderedCaptures {
  readonly files: readonly string[]
  /** What was passed over, one sentence each. */
  readonly notes: readonly string[]
  readonly unread: UnreadInputs
}

/**
 * Lists the captures of some inputs in packet-time order: handshakes may cross from one file into
 * the next. What a user named and cannot be read is unread; in a folder what is no capture is
 * passed over with a note.
 */
export async function orderCaptures(inputs: readonly string[]): Promise<OrderedCaptures> {
  const found: FoundCapture[] = []
  const notes: string[] = []
  const unread = new UnreadInputs()
  for (const input of inputs) {
    const listed = listInput(input)
    const isFile = listed.ok && listed.value.length === 1 && listed.value[0] === input
    const added = !listed.ok
      ? listed
      : isFile
        ? await findFile(input, inputs.length)
        : await findInFolder(input, listed.value, notes, unread)
    if (added.ok) found.push(...added.value)
    else unread.add(added.error)
  }
  found.sort((left, right) => left.startSeconds - right.startSeconds)
  return { files: found.map(({ file }) => file), notes, unread }
}

interface FoundCapture {
  readonly file: string
  readonly startSeconds: number
}

/** A single input needs no order, and a pipe can be read only once. */
async function findFile(file: string, inputs: number): Promise<Result<FoundCapture[], InputError>> {
  if (inputs === 1 || isPipe(file)) return ok([{ file, startSeconds: 0 }])
  const start = await firstPacketSeconds(file)
  return start.ok ? ok([{ file, startSeconds: start.value }]) : start
}

async function findInFolder(
  folder: string,
  files: readonly string[],
  notes: string[],
  unread: UnreadInputs,
): Promise<Result<FoundCapture[], InputError>> {
  const found: FoundCapture[] = []
  let hasUnread = false
  for (const file of files) {
    const start = await firstPacketSeconds(file)
    if (start.ok) found.push({ file, startSeconds: start.value })
    else if (start.error.code === 'UNREADABLE') {
      unread.add(start.error)
      hasUnread = true
    } else notes.push(`skipped: ${start.error.message}`)
  }
  return found.length > 0 || hasUnread ? ok(found) : err(noCaptures(folder))
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

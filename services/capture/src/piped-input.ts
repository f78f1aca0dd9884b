import { ok, type Result } from '@goldpan/core'
import { type InputError, isRegularFile, type OpenInput, openInput, sizeOf } from './input-file.ts'

/** What comes through a pipe, of which the first bytes were looked at. */
export interface PipedInput {
  /** Yields all of it, the first bytes as well. */
  readonly input: OpenInput
  /** Enough to tell captures and handshake files, or all there is. */
  readonly head: Buffer
}

/** A header of ours is shorter. */
const headBytesWanted = 1024

/** Whether a name is standard input or another pipe, which can be read only once. */
export const isPipe = (name: string): boolean =>
  name === '-' || (sizeOf(name) !== undefined && !isRegularFile(name))

/** Opens a pipe and looks at how it begins; what was looked at is handed on with the rest. */
export async function openPiped(
  name: string,
  signal?: AbortSignal,
): Promise<Result<PipedInput, InputError>> {
  const opened = openInput(name)
  if (!opened.ok) return opened
  const input = opened.value
  // Who stops must not wait for the next bytes of a silent pipe.
  const stopReading = (): void => input.close()
  signal?.addEventListener('abort', stopReading, { once: true })
  const chunks = input.stream![Symbol.asyncIterator]()
  let head: Buffer = Buffer.alloc(0)
  let failure: unknown
  try {
    while (head.length < headBytesWanted) {
      const next = await chunks.next()
      if (next.done) break
      head = Buffer.concat([head, next.value])
    }
  } catch (error) {
    // Who reads it on meets it behind the bytes that came before.
    failure = error
  } finally {
    signal?.removeEventListener('abort', stopReading)
  }
  const stream = (async function* (): AsyncGenerator<Buffer> {
    yield head
    if (failure !== undefined) throw failure
    yield* { [Symbol.asyncIterator]: () => chunks }
  })()
  return ok({ input: { ...input, stream }, head })
}

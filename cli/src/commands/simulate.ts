import { readFileSync } from 'node:fs'
import { err, ok, type Result } from '@goldpan/core'
import { makeFolder } from '@goldpan/runtime/make-folder'
import { parseWorld, type World, writeWorld } from '@goldpan/simulator'
import { exitCode } from '../exit-code.ts'
import { complain } from '../standard-error.ts'

export interface SimulateOptions {
  readonly world: string
  readonly out: string
  readonly handshakesOnly?: boolean
}

/** Makes the captures of a world. */
export async function run({ world, out, handshakesOnly }: SimulateOptions): Promise<number> {
  let text: string
  try {
    text = readFileSync(world, 'utf8')
  } catch (error) {
    complain(`${world} cannot be read: ${(error as Error).message}`)
    return exitCode.failed
  }
  const parsed = parseWorld(text)
  if (!parsed.ok) {
    complain(`${world} is no world: ${parsed.error.message}; see docs/reference/world.md`)
    return exitCode.failed
  }
  const written = await simulateInto(out, parsed.value, handshakesOnly !== true)
  if (!written.ok) {
    complain(written.error)
    return exitCode.failed
  }
  complain(`${parsed.value.sites.length} sites are in ${out}; truth.json says what is wrong in it`)
  return exitCode.done
}

/** Writes a world into a folder; the error is one sentence, where the file system refused. */
export async function simulateInto(
  folder: string,
  world: World,
  packets: boolean,
): Promise<Result<undefined, string>> {
  try {
    makeFolder(folder)
    await writeWorld(world, { folder, packets, onProgress: showMinutes })
    return ok(undefined)
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === undefined) throw error
    return err(`${folder} cannot be written (${message}): name a folder on a disk with room for it`)
  }
}

/** Progress of a simulation on a terminal. */
function showMinutes(minute: number, minutes: number): void {
  if (!process.stderr.isTTY || minute % 10 !== 0) return
  process.stderr.write(
    minute >= minutes ? '\r\x1b[K' : `\r\x1b[Ksimulating ${minute}/${minutes} min`,
  )
}

import { readFileSync } from 'node:fs'
import { parseWorld, writeWorld } from '@goldpan/simulator'
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
  await writeWorld(parsed.value, {
    folder: out,
    packets: handshakesOnly !== true,
    onProgress: showMinutes,
  })
  complain(`${parsed.value.sites.length} sites are in ${out}; truth.json says what is wrong in it`)
  return exitCode.done
}

/** Progress of a simulation on a terminal. */
export function showMinutes(minute: number, minutes: number): void {
  if (!process.stderr.isTTY || minute % 10 !== 0) return
  process.stderr.write(
    minute >= minutes ? '\r\x1b[K' : `\r\x1b[Ksimulating ${minute}/${minutes} min`,
  )
}

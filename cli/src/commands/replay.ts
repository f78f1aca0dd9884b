import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { formatPacketTime } from '@goldpan/core'
import { parseWorld, replaySite, type World } from '@goldpan/simulator'
import { exitCode } from '../exit-code.ts'
import { complain } from '../standard-error.ts'

export interface ReplayOptions {
  readonly world: string
  readonly site: string
  /** How long before the present full hour the world begins, such as `2h`. */
  readonly since: string
}

const hourMillis = 3_600_000

/**
 * Writes the packets of one site of a world to standard output: those of the past at once, the
 * others when their time comes. All that are started within one hour agree about the time.
 */
export async function run(options: ReplayOptions): Promise<number> {
  const hours = /^(\d+)h$/.exec(options.since)
  if (!hours) {
    complain(`${options.since} is no number of hours: write such as 2h`)
    return exitCode.usage
  }
  const world = readWorld(options.world)
  if (!world) return exitCode.failed
  if (!world.sites.includes(options.site)) {
    complain(`${options.site} is no site of ${options.world}: it has ${world.sites.join(', ')}`)
    return exitCode.usage
  }
  const startMillis = Math.floor(Date.now() / hourMillis - Number(hours[1])) * hourMillis
  await replay({ ...world, start: formatPacketTime(startMillis * 1000) }, options.site)
  return exitCode.done
}

function readWorld(path: string): World | undefined {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    complain(`${path} cannot be read: ${(error as Error).message}`)
    return undefined
  }
  const parsed = parseWorld(text)
  if (parsed.ok) return parsed.value
  complain(`${path} is no world: ${parsed.error.message}; see docs/reference/world.md`)
  return undefined
}

async function replay(world: World, site: string): Promise<void> {
  const { header, packets } = replaySite(world, site)
  process.stdout.write(header)
  for (const { micros, records } of packets()) {
    const aheadMillis = micros / 1000 - Date.now()
    if (aheadMillis > 0) await sleep(aheadMillis)
    if (!process.stdout.write(records)) await once(process.stdout, 'drain')
  }
}

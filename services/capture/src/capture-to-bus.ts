import { statSync } from 'node:fs'
import { ok, type Prefix, type Result } from '@goldpan/core'
import type { BusSender, Source } from '@goldpan/runtime'
import packageJson from '../package.json' with { type: 'json' }
import { bootOfFile, bootOfStream } from './boot-of.ts'
import { type BootOrigin, BootStream } from './boot-stream.ts'
import { createExcludedClients } from './excluded-clients.ts'
import type { InputError } from './input-file.ts'
import { orderCaptures } from './order-captures.ts'
import { type InputDamage, readCapture } from './read-capture.ts'
import { SendQueue } from './send-queue.ts'
import type { ServerView } from './server-table.ts'
import { SitePass } from './site-pass.ts'

export interface CaptureToBusOptions {
  /** Captures, folders of captures, handshake files, or `-`: all of one site, read once. */
  readonly inputs: readonly string[]
  readonly service: string
  readonly site: string
  readonly sensor: string
  /** Server ports. */
  readonly ports: readonly number[]
  readonly bus: BusSender
  /** `prefix`: no client address or port leaves this process. */
  readonly clients: 'prefix' | 'full'
  /** Clients kept out of everything, such as monitors and own secondaries. */
  readonly exclude?: readonly Prefix[]
  readonly signal?: AbortSignal
  /** `totalBytes` is undefined where an input is a pipe. */
  readonly onProgress?: (bytesRead: number, totalBytes: number | undefined) => void
  /** Rows of a message at most; default 262,144. */
  readonly rowsMax?: number
}

export interface CaptureSummary {
  readonly packets: number
  /** Captured bytes of those packets. */
  readonly bytes: number
  /** Handshakes, discards and bounds reached, by reason; reasons without any are left out. */
  readonly counters: Readonly<Record<string, number>>
  /** What was seen of each server address, and which directions, busiest first. */
  readonly servers: readonly ServerView[]
  /** Most handshakes look as if they were captured at their clients: nothing can be said of RTTs. */
  readonly isTakenAtClient: boolean
  readonly damages: readonly InputDamage[]
  /** What was passed over, one sentence each. */
  readonly notes: readonly string[]
  /** Packet times, microseconds since 1970; absent without packets. */
  readonly firstMicros?: number
  readonly lastMicros?: number
}

/**
 * Reads the inputs of one site once, in packet-time order, and sends what they hold to the bus:
 * handshakes, traffic per prefix and minute, heartbeats. Resolves when all is acknowledged.
 *
 * Messages are cut by rows and hours of packet time alone, so that reading a file again sends the
 * same rows under the same numbers. On abort the open minute is not sent: a second run sends it
 * whole. Ends with the error of an input that cannot be read; throws what the bus throws.
 */
export async function captureToBus(
  options: CaptureToBusOptions,
): Promise<Result<CaptureSummary, InputError>> {
  const { service, site, sensor, signal } = options
  const ordered = await orderCaptures(options.inputs)
  if (!ordered.ok) return ordered
  const excluded = options.exclude?.length ? createExcludedClients(options.exclude) : undefined
  const queue = new SendQueue(options.bus)
  const source: Source = { service, site, sensor }
  const { clients, ports, rowsMax } = options
  const origin: BootOrigin = { source, queue, clients, excluded, rowsMax }
  const pass = new SitePass({ ports, excluded, version: packageJson.version })
  const damages: InputDamage[] = []
  const report = createProgress(ordered.value.files, options.onProgress)
  for (const file of ordered.value.files) {
    if (signal?.aborted) break
    const read = await readCapture(file, pass, {
      signal,
      pause: () => queue.pause(),
      onProgress: (bytesRead) => report(file, bytesRead),
      onHead: (head) => {
        const boot = file === '-' ? bootOfStream() : bootOfFile(service, site, head)
        pass.startFile(new BootStream(boot, origin))
      },
    })
    if (!read.ok) {
      await queue.drain()
      return read
    }
    if (read.value.damage) damages.push(read.value.damage)
    if (!signal?.aborted) pass.endFile()
  }
  if (!signal?.aborted) pass.finish()
  await queue.drain()
  return ok(summarize(pass, damages, ordered.value.notes))
}

/** Adds up what was read of all files. */
function createProgress(
  files: readonly string[],
  onProgress: CaptureToBusOptions['onProgress'],
): (file: string, bytesRead: number) => void {
  if (!onProgress) return () => {}
  const total = files.includes('-')
    ? undefined
    : files.reduce((sum, file) => sum + (statSync(file, { throwIfNoEntry: false })?.size ?? 0), 0)
  let doneBytes = 0
  let current = files[0]
  let currentBytes = 0
  return (file, bytesRead) => {
    if (file !== current) doneBytes += currentBytes
    current = file
    currentBytes = bytesRead
    onProgress(doneBytes + bytesRead, total)
  }
}

function summarize(
  pass: SitePass,
  damages: readonly InputDamage[],
  notes: readonly string[],
): CaptureSummary {
  const all = Object.entries(pass.counters())
  const { handshakes, client_side } = pass.tracker.counters
  const { firstMicros, lastMicros } = pass
  return {
    packets: pass.packets,
    bytes: pass.bytes,
    counters: Object.fromEntries(all.filter(([, count]) => count > 0)),
    servers: pass.tracker.servers.views(),
    isTakenAtClient: client_side * 2 > handshakes,
    damages,
    notes,
    ...(firstMicros === undefined ? {} : { firstMicros }),
    ...(lastMicros === undefined ? {} : { lastMicros }),
  }
}

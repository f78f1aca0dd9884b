import { err, ok, type Prefix, type Result } from '@goldpan/core'
import { type BusSender, isFileBus, type Source } from '@goldpan/runtime'
import packageJson from '../package.json' with { type: 'json' }
import { bootOfFile, bootOfStream } from './boot-of.ts'
import { type BootOrigin, BootStream } from './boot-stream.ts'
import { createExcludedClients } from './excluded-clients.ts'
import { type ForwardedMessages, forwardMessages } from './forward-messages.ts'
import {
  formatOfHead,
  type HandshakeFileFormat,
  handshakeFileFormat,
  readHandshakeFile,
} from './handshake-file.ts'
import { HandshakeRows } from './handshake-rows.ts'
import { type InputError, type OpenInput, sizeOf } from './input-file.ts'
import { orderCaptures } from './order-captures.ts'
import { isPipe, openPiped } from './piped-input.ts'
import { type InputDamage, readCapture } from './read-capture.ts'
import { SendQueue } from './send-queue.ts'
import { ServedServers, type ServiceAddresses } from './served-servers.ts'
import type { ServerView } from './server-table.ts'
import { SitePass } from './site-pass.ts'
import type { UnreadInputs } from './unread-inputs.ts'

export interface CaptureToBusOptions {
  /**
   * Captures, folders of captures, handshake files, folders that sensors wrote (`file:DIR`), or
   * `-`: all of one site, read once.
   */
  readonly inputs: readonly string[]
  readonly service: string
  /** Server addresses by service where the inputs hold several; absent: all are this service's. */
  readonly services?: readonly ServiceAddresses[] | undefined
  readonly site: string
  readonly sensor: string
  /** Server ports. */
  readonly ports: readonly number[]
  readonly bus: BusSender
  /** `prefix` or a tagger: no client address or port leaves this process. */
  readonly clients: BootOrigin['clients']
  /** Clients kept out of everything, such as monitors and own secondaries. */
  readonly exclude?: readonly Prefix[]
  /** One in how many queries over UDP is counted (a power of two); default 1: all, 0: none. */
  readonly rate?: number
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
  /** Most handshakes look captured at their clients: nothing can be said of RTTs. */
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
 * whole. What cannot be read is damage where anything else was; where nothing was, the result is
 * an error. Throws what the bus throws.
 */
export async function captureToBus(
  options: CaptureToBusOptions,
): Promise<Result<CaptureSummary, InputError>> {
  const inputs = await sortInputs(options.inputs)
  const { unread, notes } = inputs
  const run = createRun(options, inputs)
  let filesRead = 0
  for (const file of inputs.files) {
    if (options.signal?.aborted) break
    const read = await readInput(run, file)
    if (read.ok) filesRead++
    else unread.add(read.error)
  }
  if (filesRead === 0 && unread.error) return err(unread.error)
  run.damages.push(...unread.damages)
  if (!options.signal?.aborted) run.pass.finish()
  await run.queue.drain()
  return ok(summarize(run, notes))
}

async function readInput(
  run: Run,
  { name, format }: InputFile,
): Promise<Result<undefined, InputError>> {
  if (format === 'bus') return readMessages(run, name)
  if (format) return readRows(run, name, name, format)
  if (!isPipe(name)) return readPackets(run, name, name)
  const opened = await openPiped(name, run.options.signal)
  if (!opened.ok) return opened
  const { input, head } = opened.value
  const piped = formatOfHead(head)
  return piped ? readRows(run, name, input, piped) : readPackets(run, name, input)
}

interface InputFile {
  readonly name: string
  /** Set for a file that `goldpan handshakes` wrote, and for a folder that sensors wrote. */
  readonly format?: HandshakeFileFormat | 'bus'
}

interface SortedInputs {
  readonly files: readonly InputFile[]
  readonly notes: readonly string[]
  readonly unread: UnreadInputs
}

/** The folder of a bus, also where it is written as one. */
const busFolder = (name: string): string | undefined => {
  const folder = name.startsWith('file:') ? name.slice('file:'.length) : name
  return isFileBus(folder) ? folder : undefined
}

/** Captures and pipes in packet-time order, the other inputs behind them in the order given. */
async function sortInputs(inputs: readonly string[]): Promise<SortedInputs> {
  const captures: string[] = []
  const handshakeFiles: InputFile[] = []
  for (const name of inputs) {
    const folder = busFolder(name)
    const format = folder ? undefined : await handshakeFileFormat(name)
    if (folder) handshakeFiles.push({ name: folder, format: 'bus' })
    else if (format) handshakeFiles.push({ name, format })
    else captures.push(name)
  }
  const { files, notes, unread } = await orderCaptures(captures)
  return { files: [...files.map((name) => ({ name })), ...handshakeFiles], notes, unread }
}

/** What one call works with. */
interface Run {
  readonly options: CaptureToBusOptions
  readonly queue: SendQueue
  readonly served: ServedServers | undefined
  readonly pass: SitePass
  readonly rows: HandshakeRows
  readonly damages: InputDamage[]
  /** What was passed over while reading. */
  readonly notes: string[]
  rowsWithoutClient: number
  readonly forwarded: ForwardedMessages[]
  /** The boot of a file that begins so. */
  readonly open: (name: string, head: Uint8Array) => BootStream
  readonly report: (file: string, bytesRead: number) => void
}

function createRun(options: CaptureToBusOptions, { files }: SortedInputs): Run {
  const { service, site, sensor, clients, ports, rowsMax } = options
  const excluded = options.exclude?.length ? createExcludedClients(options.exclude) : undefined
  const queue = new SendQueue(options.bus)
  const source: Source = { service, site, sensor }
  const served = options.services && new ServedServers(service, options.services, ports)
  const origin: BootOrigin = { source, queue, clients, excluded, served, rowsMax }
  const { version } = packageJson
  const pass = new SitePass({ ports, excluded, served, version })
  pass.traffic.sample(options.rate ?? 1)
  return {
    options,
    served,
    queue,
    pass,
    rows: new HandshakeRows(version),
    damages: [],
    notes: [],
    rowsWithoutClient: 0,
    forwarded: [],
    open: (name, head) =>
      new BootStream(name === '-' ? bootOfStream() : bootOfFile(service, site, head), origin),
    report: createProgress(
      files.map(({ name }) => name),
      options.onProgress,
    ),
  }
}

const readingOptions = ({ options, queue, report }: Run, name: string) => ({
  signal: options.signal,
  pause: () => queue.pause(),
  onProgress: (bytesRead: number) => report(name, bytesRead),
})

async function readPackets(
  run: Run,
  name: string,
  input: string | OpenInput,
): Promise<Result<undefined, InputError>> {
  const { pass } = run
  const read = await readCapture(input, pass, {
    ...readingOptions(run, name),
    onHead: (head) => pass.startFile(run.open(name, head)),
  })
  if (!read.ok) return read
  if (read.value.damage) run.damages.push(read.value.damage)
  if (read.value.note !== undefined) run.notes.push(read.value.note)
  if (!run.options.signal?.aborted) pass.endFile()
  return ok(undefined)
}

async function readRows(
  run: Run,
  name: string,
  input: string | OpenInput,
  format: HandshakeFileFormat,
): Promise<Result<undefined, InputError>> {
  const { rows } = run
  const read = await readHandshakeFile(input, format, rows, {
    ...readingOptions(run, name),
    onHead: (head) => rows.startFile(run.open(name, head)),
  })
  if (!read.ok) return read
  if (read.value.damage) run.damages.push(read.value.damage)
  run.rowsWithoutClient += read.value.rowsWithoutClient
  if (!run.options.signal?.aborted) rows.endFile()
  return ok(undefined)
}

async function readMessages(run: Run, name: string): Promise<Result<undefined, InputError>> {
  const read = await forwardMessages(name, { ...run.options, queue: run.queue })
  if (!read.ok) return read
  run.forwarded.push(read.value)
  return ok(undefined)
}

/** Adds up what was read of all files. */
function createProgress(
  files: readonly string[],
  onProgress: CaptureToBusOptions['onProgress'],
): (file: string, bytesRead: number) => void {
  if (!onProgress) return () => {}
  const total = files.includes('-')
    ? undefined
    : files.reduce((sum, file) => sum + (sizeOf(file) ?? 0), 0)
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

function summarize(run: Run, notes: readonly string[]): CaptureSummary {
  const { pass, rows, served } = run
  const counters: Record<string, number> = pass.counters()
  const { forwarded } = run
  const forwardedRows = forwarded.reduce((sum, { handshakes }) => sum + handshakes, 0)
  counters.handshakes = (counters.handshakes ?? 0) + rows.rows + forwardedRows
  counters.handshakes -= served?.otherRows ?? 0
  counters.rows_of_other_servers = served?.otherRows ?? 0
  counters.rows_without_client = run.rowsWithoutClient
  const { handshakes, client_side } = pass.tracker.counters
  const spans = [pass, rows, ...forwarded]
  const first = spans.map((span) => span.firstMicros).filter((micros) => micros !== undefined)
  const last = spans.map((span) => span.lastMicros).filter((micros) => micros !== undefined)
  return {
    packets: pass.packets,
    bytes: pass.bytes,
    counters: Object.fromEntries(Object.entries(counters).filter(([, count]) => count > 0)),
    servers: pass.tracker.servers.views(),
    isTakenAtClient: client_side * 2 > handshakes,
    damages: run.damages,
    notes: [...notes, ...run.notes, ...forwarded.flatMap((each) => each.notes)],
    ...(first.length > 0 ? { firstMicros: Math.min(...first) } : {}),
    ...(last.length > 0 ? { lastMicros: Math.max(...last) } : {}),
  }
}

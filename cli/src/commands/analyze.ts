import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { analyzeWarehouse } from '@goldpan/anycast-analyzer'
import { type CaptureSummary, captureToBus, type InputError } from '@goldpan/capture'
import { err, type Finding, ok, type Prefix, type Result } from '@goldpan/core'
import {
  Estimator,
  type EstimatorSummary,
  type NetworkTable,
  readNetworkTable,
  readSites,
  type Site,
  storePlaces,
} from '@goldpan/estimator'
import { type CaptureFacts, readReport } from '@goldpan/report'
import { createInProcessBus } from '@goldpan/runtime'
import type { Warehouse } from '@goldpan/warehouse'
import { readExcluded } from '../excluded-file.ts'
import { exitCode } from '../exit-code.ts'
import { explainFailure } from '../explain-failure.ts'
import { takeSignals } from '../interruption.ts'
import { openForAnalysis } from '../open-warehouse.ts'
import { clearLine, createProgress, type Progress, showStep } from '../progress.ts'
import { parseSiteInputs, type SiteInput } from '../site-inputs.ts'
import { complain } from '../standard-error.ts'
import { checkHtmlFile, writeReport } from '../write-report.ts'

export interface AnalyzeOptions {
  /** `SITE=INPUT`, one or more. */
  readonly inputs: readonly string[]
  readonly service: string
  readonly sites?: string
  readonly networks: readonly string[]
  readonly exclude?: string
  readonly warehouse?: string
  readonly format: 'text' | 'json'
  readonly html?: string
  readonly ports: readonly number[]
}

/** Messages on the in-process bus that nobody has taken. */
const messagesMax = 8

interface Preparation {
  readonly inputs: readonly SiteInput[]
  readonly sites: readonly Site[]
  readonly networks: NetworkTable | undefined
  readonly exclude: readonly Prefix[]
}

/** Reads the captures of every site, fills the warehouse, and says what is wrong. */
export async function run(options: AnalyzeOptions): Promise<number> {
  const inputs = parseSiteInputs(options.inputs)
  if (!inputs.ok) {
    complain(inputs.error)
    return exitCode.usage
  }
  const prepared = prepare(options, inputs.value)
  if (!prepared.ok) {
    complain(prepared.error)
    return exitCode.failed
  }
  const interruption = takeSignals()
  try {
    return await runInterruptibly(options, prepared.value, interruption.signal)
  } catch (error) {
    if (interruption.signal.aborted) {
      const again = options.warehouse === undefined ? 'begins anew' : 'goes on from there'
      complain(`interrupted: what was read is in the warehouse, the same command ${again}`)
      return interruption.exitCode()
    }
    const sentence = explainFailure(error, 'filling the warehouse')
    if (sentence === undefined) throw error
    complain(sentence)
    return exitCode.failed
  } finally {
    interruption.release()
  }
}

async function runInterruptibly(
  options: AnalyzeOptions,
  prepared: Preparation,
  signal: AbortSignal,
): Promise<number> {
  const opened = await openForAnalysis(options.warehouse)
  if (!opened.ok) {
    complain(opened.error.message)
    return exitCode.failed
  }
  try {
    return await analyze(options, prepared, opened.value, signal)
  } finally {
    await opened.value.close()
  }
}

function prepare(
  options: AnalyzeOptions,
  inputs: readonly SiteInput[],
): Result<Preparation, string> {
  const html = options.html === undefined ? ok(undefined) : checkHtmlFile(options.html)
  if (!html.ok) return html
  const sites = options.sites === undefined ? ok([]) : readSites(options.sites)
  if (!sites.ok) return err(sites.error.message)
  const networks = readNetworkTable(options.networks)
  if (!networks.ok) return err(networks.error.message)
  const exclude = options.exclude === undefined ? ok([]) : readExcluded(options.exclude)
  if (!exclude.ok) return exclude
  for (const { site } of inputs) {
    if (options.sites !== undefined && !sites.value.some(({ code }) => code === site)) {
      complain(`site ${site} is not in ${options.sites}: it is analyzed without its place`)
    }
  }
  return ok({
    inputs,
    sites: sites.value,
    networks: options.networks.length > 0 ? networks.value : undefined,
    exclude: exclude.value,
  })
}

async function analyze(
  options: AnalyzeOptions,
  prepared: Preparation,
  warehouse: Warehouse,
  signal: AbortSignal,
): Promise<number> {
  const { service } = options
  await storePlaces(warehouse, prepared)
  const read = await readSiteCaptures(options, prepared, warehouse, signal)
  if (!read.ok) {
    complain(read.error)
    return exitCode.failed
  }
  signal.throwIfAborted()
  const { captures, summary } = read.value
  complainOfRows(summary)
  for (const { capture } of captures) complainOfInput(capture)
  const span = spanOf(captures.map(({ capture }) => capture))
  const asked = { service, sites: prepared.sites, ...span }
  const findings = await findWhatIsWrong(warehouse, asked, signal)
  const report = await readReport({
    ...{ warehouse, service, ...span, ...findings },
    captures: captures.map(toFacts),
    places: prepared.sites,
    hasNetworks: prepared.networks !== undefined,
  })
  clearLine()
  const written = await writeReport(report, options)
  if (!written.ok) {
    complain(written.error)
    return exitCode.failed
  }
  const isDamaged = captures.some(({ capture }) => capture.damages.length > 0)
  return isDamaged ? exitCode.damagedInput : exitCode.done
}

/** Walks through the data minute by minute, as a running analyzer does. */
async function findWhatIsWrong(
  warehouse: Warehouse,
  input: { service: string; sites: readonly Site[]; fromMicros: number; toMicros: number },
  signal: AbortSignal,
): Promise<{ findings: readonly Finding[]; weight: 'queries' | 'handshakes' }> {
  showStep('reading what was stored')
  let progress: Progress | undefined
  const { findings, weight } = await analyzeWarehouse({
    warehouse,
    ...input,
    onProgress({ minutesDecided, minutesTotal }) {
      signal.throwIfAborted()
      progress ??= createProgress({ total: minutesTotal, unit: 'minutes' })
      progress.show('looking for what is wrong', minutesDecided)
    },
  })
  showStep('making the report')
  return { findings, weight }
}

interface SiteCapture {
  readonly site: string
  readonly capture: CaptureSummary
}

/** Site by site through the bus into the warehouse, all on one machine. */
async function readSiteCaptures(
  { service, ports }: AnalyzeOptions,
  { inputs, networks, exclude }: Preparation,
  warehouse: Warehouse,
  signal: AbortSignal,
): Promise<Result<{ captures: SiteCapture[]; summary: EstimatorSummary }, string>> {
  const { sender, receiver } = createInProcessBus({ messagesMax })
  const estimating = new Estimator({ receiver, warehouse, networks }).run()
  // A failing warehouse must end the reading, not wait for a bus that nobody empties.
  estimating.catch(() => sender.end())
  const progress = createProgress({ total: totalBytes(inputs), unit: 'bytes' })
  const captures: SiteCapture[] = []
  const unread: string[] = []
  for (const { site, paths } of inputs) {
    if (signal.aborted) break
    const capture = await captureToBus({
      ...{ inputs: paths, service, site, sensor: site, ports, bus: sender, clients: 'full' },
      ...{ exclude, signal, onProgress: (bytes) => progress.show(site, bytes) },
    }).catch(async (error: unknown) => {
      // Where the bus ended because the warehouse failed, that is what is to be told.
      sender.end()
      await estimating
      throw error
    })
    progress.next()
    if (!capture.ok) unread.push(capture.error.message)
    captures.push({ site, capture: capture.ok ? capture.value : nothingOf(capture.error) })
  }
  sender.end()
  showStep('storing the last rows')
  const summary = await estimating
  progress.end()
  if (unread.length > 0 && unread.length === captures.length) return err(unread.join('\n'))
  return ok({ captures, summary })
}

/** A site of which nothing could be read, beside others. */
const nothingOf = ({ message }: InputError): CaptureSummary => ({
  ...{ packets: 0, bytes: 0, counters: {}, servers: [], isTakenAtClient: false, notes: [] },
  damages: message.split('\n').map((sentence) => ({ message: sentence })),
})

/** Bytes of all files, those of folders included; what cannot be read is told by who reads it. */
function totalBytes(inputs: readonly SiteInput[]): number {
  return inputs.flatMap(({ paths }) => paths.map(bytesOf)).reduce((sum, size) => sum + size, 0)
}

function bytesOf(path: string): number {
  try {
    const stat = statSync(path)
    if (!stat.isDirectory()) return stat.size
    return readdirSync(path)
      .map((name) => statSync(join(path, name), { throwIfNoEntry: false }))
      .reduce((sum, entry) => sum + (entry?.isFile() ? entry.size : 0), 0)
  } catch {
    return 0
  }
}

function complainOfInput({ notes, damages }: CaptureSummary): void {
  for (const note of notes) complain(note)
  for (const { message } of damages) complain(message)
}

function complainOfRows({ alreadyKnown, rejected, undecodable }: EstimatorSummary): void {
  if (alreadyKnown > 0) complain(`${alreadyKnown} rows were read before and are not counted twice`)
  for (const [reason, count] of Object.entries({ ...rejected, ...undecodable })) {
    complain(`${count} rows were rejected: ${reason}`)
  }
}

/** The packet time that the captures span; all of it where they are empty. */
function spanOf(captures: readonly CaptureSummary[]): { fromMicros: number; toMicros: number } {
  const first = captures.flatMap(({ firstMicros }) => firstMicros ?? [])
  const last = captures.flatMap(({ lastMicros }) => lastMicros ?? [])
  if (first.length === 0) return { fromMicros: 0, toMicros: 0 }
  return { fromMicros: Math.min(...first), toMicros: Math.max(...last) + 1 }
}

const toFacts = ({ site, capture }: SiteCapture): CaptureFacts => ({
  site,
  packets: capture.packets,
  bytes: capture.bytes,
  counters: capture.counters,
  servers: capture.servers,
  isTakenAtClient: capture.isTakenAtClient,
  damages: capture.damages.map(({ message }) => message),
  notes: capture.notes,
})

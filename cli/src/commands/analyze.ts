import { analyzeWarehouse } from '@goldpan/anycast-analyzer'
import type { CaptureSummary, ServiceAddresses } from '@goldpan/capture'
import { err, type Finding, ok, type Prefix, type Result } from '@goldpan/core'
import {
  type EstimatorSummary,
  type NetworkTable,
  readNetworkTable,
  readSites,
  type Site,
  storePlaces,
} from '@goldpan/estimator'
import { type CaptureFacts, type Report, readReport } from '@goldpan/report'
import type { Warehouse } from '@goldpan/warehouse'
import { readExcluded } from '../excluded-file.ts'
import { exitCode } from '../exit-code.ts'
import { explainFailure } from '../explain-failure.ts'
import { takeSignals } from '../interruption.ts'
import { openForAnalysis } from '../open-warehouse.ts'
import { clearLine, createProgress, type Progress, showStep } from '../progress.ts'
import { readSiteCaptures, type SiteCapture } from '../read-site-captures.ts'
import { chooseServices, readServices } from '../services-file.ts'
import { parseSiteInputs, pipeAmong, type SiteInput } from '../site-inputs.ts'
import { complain } from '../standard-error.ts'
import { checkHtmlFile, writeReports } from '../write-report.ts'

export interface AnalyzeOptions {
  /** `SITE=INPUT`, one or more. */
  readonly inputs: readonly string[]
  /** One service; of those in `services` this one alone. */
  readonly service?: string
  readonly services?: string
  readonly sites?: string
  readonly networks: readonly string[]
  readonly exclude?: string
  readonly warehouse?: string
  readonly format: 'text' | 'json'
  readonly html?: string
  readonly ports: readonly number[]
}

interface Preparation {
  /** Names of the services to analyze, one after the other. */
  readonly names: readonly string[]
  readonly services: readonly ServiceAddresses[] | undefined
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
  const services = prepareServices(options, inputs)
  if (!services.ok) return services
  for (const { site } of inputs) {
    if (options.sites !== undefined && !sites.value.some(({ code }) => code === site)) {
      complain(`site ${site} is not in ${options.sites}: it is analyzed without its place`)
    }
  }
  return ok({
    ...services.value,
    inputs,
    sites: sites.value,
    networks: options.networks.length > 0 ? networks.value : undefined,
    exclude: exclude.value,
  })
}

function prepareServices(
  { service, services: file }: AnalyzeOptions,
  inputs: readonly SiteInput[],
): Result<Pick<Preparation, 'names' | 'services'>, string> {
  if (file === undefined) return ok({ names: [service!], services: undefined })
  const services = readServices(file)
  if (!services.ok) return services
  const names = chooseServices(file, services.value, service)
  if (!names.ok) return names
  const pipe = names.value.length > 1 ? pipeAmong(inputs) : undefined
  if (pipe === undefined) return ok({ names: names.value, services: services.value })
  return err(
    `${pipe} can be read once, not for each of ${names.value.length} services: name a file, or ` +
      'one of them with --service',
  )
}

async function analyze(
  options: AnalyzeOptions,
  prepared: Preparation,
  warehouse: Warehouse,
  signal: AbortSignal,
): Promise<number> {
  await storePlaces(warehouse, prepared)
  const reports: Report[] = []
  for (const [index, service] of prepared.names.entries()) {
    const report = await analyzeService(options, prepared, { service, warehouse, signal, index })
    if (!report.ok) {
      complain(report.error)
      return exitCode.failed
    }
    reports.push(report.value)
  }
  clearLine()
  const written = await writeReports(reports, options)
  if (!written.ok) {
    complain(written.error)
    return exitCode.failed
  }
  const isDamaged = reports.some(({ captures }) =>
    captures.some(({ damages }) => damages.length > 0),
  )
  return isDamaged ? exitCode.damagedInput : exitCode.done
}

interface ServiceRun {
  readonly service: string
  readonly warehouse: Warehouse
  readonly signal: AbortSignal
  /** Its place among the services: what is wrong with the inputs is told with the first. */
  readonly index: number
}

async function analyzeService(
  { ports, services: file }: AnalyzeOptions,
  prepared: Preparation,
  { service, warehouse, signal, index }: ServiceRun,
): Promise<Result<Report, string>> {
  const read = await readSiteCaptures({ ...prepared, service, ports }, warehouse, signal)
  if (!read.ok) return read
  signal.throwIfAborted()
  const { captures, summary } = read.value
  complainOfRows(summary)
  if (index === 0) {
    for (const { site, capture } of captures) complainOfInput(site, capture, file)
  }
  const span = spanOf(captures.map(({ capture }) => capture))
  const asked = { service, sites: prepared.sites, ...span }
  const findings = await findWhatIsWrong(warehouse, asked, signal)
  return ok(
    await readReport({
      ...{ warehouse, service, ...span, ...findings },
      captures: captures.map(toFacts),
      places: prepared.sites,
      hasNetworks: prepared.networks !== undefined,
    }),
  )
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

function complainOfInput(
  site: string,
  { notes, damages, counters }: CaptureSummary,
  services: string | undefined,
): void {
  const unlisted = counters.packets_of_unlisted_servers ?? 0
  if (unlisted > 0) {
    complain(`${site}: ${unlisted} packets are of servers that ${services} does not name`)
  }
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

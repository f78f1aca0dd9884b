import { err, ok, type Result } from '@goldpan/core'
import { type ConfigOf, readConfig, type Sections, sectionsInUse } from '@goldpan/runtime/config'
import { createBusInspector, type KafkaOptions, readBusOptions } from '@goldpan/runtime/kafka'
import { configSections } from '../config-sections.ts'
import type { DoctorContext } from '../doctor/context.ts'
import {
  formatDiagnosisJson,
  formatEnd,
  formatStage,
  seesAnything,
} from '../doctor/format-diagnosis.ts'
import { observeSensor } from '../doctor/sensor-observation.ts'
import { stages } from '../doctor/stages.ts'
import { walkStages } from '../doctor/walk.ts'
import { exitCode } from '../exit-code.ts'
import { openForReading } from '../open-warehouse.ts'
import { complain } from '../standard-error.ts'
import { warehouseAccess } from '../warehouse-access.ts'

export interface DoctorOptions {
  readonly config?: string
  readonly interface?: string
  readonly captureUrl?: string
  readonly estimateUrl?: string
  readonly watchUrl?: string
  readonly bus?: string
  readonly warehouse?: string
  readonly group?: string
  readonly port?: readonly number[]
  readonly seconds: number
  readonly format: 'text' | 'json'
}

type All = ConfigOf<typeof configSections>
/** The sections of a sensor and an estimator are there where one is configured. */
type DoctorConfig = Omit<All, 'capture' | 'estimate'> & Partial<Pick<All, 'capture' | 'estimate'>>

/** The group where no section `estimate` names another. */
const groupDefault = 'goldpan-estimator'

/** Walks the stages and says at which one the data stop; 1 when they do. */
export async function run(options: DoctorOptions): Promise<number> {
  const read = readDoctorConfig(options)
  if (!read.ok) {
    for (const sentence of read.error) complain(sentence)
    return exitCode.failed
  }
  const { context, close } = createContext(options, read.value)
  const isText = options.format === 'text'
  const diagnosis = await walkStages(stages, context, (name, verdict) => {
    if (isText) process.stdout.write(formatStage(name, verdict))
  })
  process.stdout.write(isText ? formatEnd(diagnosis) : formatDiagnosisJson(diagnosis))
  await close()
  const isWell = diagnosis.stopsAt === undefined && seesAnything(diagnosis)
  return isWell ? exitCode.done : exitCode.failed
}

interface Known {
  readonly config: DoctorConfig
  readonly isSensorHost: boolean
  readonly isEstimatorHost: boolean
  /** Folder of a `file:` bus. */
  readonly busFolder: string | undefined
  readonly bus: KafkaOptions | undefined
}

function readDoctorConfig(options: DoctorOptions): Result<Known, readonly string[]> {
  const { env } = process
  const inputs = {
    ...{ file: options.config, env },
    overrides: { 'bus.url': options.bus, 'warehouse.url': options.warehouse },
  }
  const used = sectionsInUse(configSections as Sections, inputs)
  const read = readConfig(used, inputs)
  if (!read.ok) return err(read.error.sentences)
  const config = read.value.config as DoctorConfig
  const bus = config.bus.url === undefined ? ok(undefined) : readBusOptions(config.bus)
  if (!bus.ok) return err([bus.error])
  const hasSensor = 'capture' in used || options.interface !== undefined
  return ok({
    config,
    isSensorHost: hasSensor || options.captureUrl !== undefined,
    isEstimatorHost: 'estimate' in used,
    bus: bus.value?.kind === 'kafka' ? bus.value.kafka : undefined,
    busFolder: bus.value?.kind === 'file' ? bus.value.folder : undefined,
  })
}

const loopbackOf = (listen: string): string => `http://${listen === 'off' ? '127.0.0.1:0' : listen}`

function createContext(options: DoctorOptions, known: Known) {
  const { config, bus, isSensorHost, isEstimatorHost, busFolder } = known
  const { http, warehouse } = config
  const urls = {
    capture: options.captureUrl ?? loopbackOf(http.capture_listen),
    estimate: options.estimateUrl ?? loopbackOf(http.estimate_listen),
    watch: options.watchUrl ?? loopbackOf(http.watch_listen),
  }
  const ports = options.port ?? config.capture?.ports.map(Number) ?? [53]
  const inspector = bus && createBusInspector(bus)
  const closing: (() => Promise<void>)[] = inspector ? [() => inspector.close()] : []
  const context: DoctorContext = {
    ...{ seconds: options.seconds, isSensorHost, isEstimatorHost, busFolder, urls, ports },
    interface: options.interface,
    observeSensor: once(() =>
      observeSensor({
        ...{ url: urls.capture, interface: options.interface, ports, seconds: options.seconds },
      }),
    ),
    bus: bus && inspector ? { options: bus, inspector } : undefined,
    inspectBus: once(() => inspector!.inspect()),
    group: options.group ?? config.estimate?.group ?? groupDefault,
    warehouseUrl: warehouse.url,
    openWarehouse: once(async () => {
      const access = warehouseAccess(warehouse)
      if (!access.ok) return access
      // One try says how it is now.
      const timeouts = { ...access.value.timeouts, retrySeconds: 0, querySeconds: 10 }
      const opened = await openForReading(warehouse.url, { ...access.value, timeouts })
      if (opened.ok) closing.push(() => opened.value.close())
      return opened
    }),
    now: () => Date.now(),
  }
  const close = async (): Promise<void> => {
    for (const end of closing) await end()
  }
  return { context, close }
}

/** Asks at the first call, and gives the same answer to all. */
function once<T>(ask: () => Promise<T>): () => Promise<T> {
  let answer: Promise<T> | undefined
  return () => {
    answer ??= ask()
    return answer
  }
}

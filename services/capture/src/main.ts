import type { Prefix } from '@goldpan/core'
import { createLog } from '@goldpan/runtime'
import {
  busSection,
  type ConfigInputs,
  findConfigFile,
  httpSection,
  logSection,
  readConfig,
} from '@goldpan/runtime/config'
import { readBusOptions } from '@goldpan/runtime/kafka'
import { captureFiles, captureLive } from './app.ts'
import { captureSection } from './config.ts'
import type { ServiceAddresses } from './served-servers.ts'
import { readSettings } from './settings.ts'

export interface CaptureOptions {
  /** Interface to capture on. */
  readonly device?: string | undefined
  /** Captures to read; `-` alone is a live pipe on standard input. */
  readonly inputs: readonly string[]
  readonly config?: string | undefined
  readonly env: ConfigInputs['env']
  /** What the command line says, by `section.key`. */
  readonly overrides: Readonly<Record<string, unknown>>
  readonly readExcluded: (file: string) => readonly Prefix[] | string
  /** The services of a file that has one of this name; else one sentence. */
  readonly readServices: (file: string, name: string) => readonly ServiceAddresses[] | string
  /** Where the sensor keeps what it must, unless the configuration says otherwise. */
  readonly stateFolder: string
  readonly complain: (sentence: string) => void
}

const usage = 2
const sections = { bus: busSection, capture: captureSection, log: logSection, http: httpSection }

/** `goldpan capture`: a sensor, until its packets end or it is told to stop. */
export async function runCapture(options: CaptureOptions): Promise<number> {
  const { env, overrides, stateFolder } = options
  const refuse = (...sentences: readonly string[]): number => {
    for (const sentence of sentences) options.complain(sentence)
    return usage
  }
  const read = readConfig(sections, { file: findConfigFile(options.config, env), env, overrides })
  if (!read.ok) return refuse(...read.error.sentences)
  const { config, warnings } = read.value
  const file = config.capture.exclude
  const exclude = file === undefined ? [] : options.readExcluded(file)
  if (typeof exclude === 'string') return refuse(exclude)
  const { service, services: servicesFile } = config.capture
  const services = servicesFile && options.readServices(servicesFile, service)
  if (typeof services === 'string') return refuse(services)
  const settings = readSettings(config, { exclude, services, stateFolder })
  if (!settings.ok) return refuse(settings.error)
  const bus = readBusOptions(config.bus)
  if (!bus.ok) return refuse(bus.error)
  const log = createLog({ level: config.log.level, component: 'capture' })
  for (const warning of warnings) log.warn(warning)
  const app = { settings: settings.value, bus: bus.value, log }
  const isLive = options.device !== undefined || options.inputs[0] === '-'
  return isLive ? captureLive(app, options.device) : captureFiles(app, options.inputs)
}

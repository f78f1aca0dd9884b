import { runCapture } from '@goldpan/capture/main'
import { readExcluded } from '../excluded-file.ts'
import { chooseServices, readServices } from '../services-file.ts'
import { complain } from '../standard-error.ts'
import { stateFolder } from '../state-folder.ts'

export interface CaptureCommandOptions {
  readonly interface?: string
  readonly read?: readonly string[]
  readonly service?: string
  readonly services?: string
  readonly site?: string
  readonly sensor?: string
  readonly to?: string
  readonly port?: readonly number[]
  readonly clients?: string
  readonly traffic?: string
  readonly config?: string
}

/** Runs a sensor until its packets end or it is told to stop. */
export function run(options: CaptureCommandOptions): Promise<number> {
  return runCapture({
    device: options.interface,
    inputs: options.read ?? [],
    config: options.config,
    env: process.env,
    overrides: {
      'capture.service': options.service,
      'capture.services': options.services,
      'capture.site': options.site,
      'capture.sensor': options.sensor,
      'capture.ports': options.port?.map(String),
      'capture.clients': options.clients,
      'capture.traffic': options.traffic,
      'bus.url': options.to,
    },
    readExcluded: (file) => {
      const read = readExcluded(file)
      return read.ok ? read.value : read.error
    },
    readServices: (file, name) => {
      const read = readServices(file)
      if (!read.ok) return read.error
      const chosen = chooseServices(file, read.value, name)
      return chosen.ok ? read.value : chosen.error
    },
    // Root's own folder is closed to the user that the sensor becomes.
    stateFolder: process.getuid?.() === 0 ? serviceFolder() : stateFolder(process.env),
    complain,
  })
}

const serviceFolder = (): string => process.env.STATE_DIRECTORY || '/var/lib/goldpan'

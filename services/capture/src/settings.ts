import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { err, ok, type Prefix, type Result } from '@goldpan/core'
import type { Source } from '@goldpan/runtime'
import { type ConfigOf, type httpSection, readSecret } from '@goldpan/runtime/config'
import type { BootOrigin } from './boot-stream.ts'
import { ClientTagger } from './client-tag.ts'
import type { captureSection } from './config.ts'
import type { ServiceAddresses } from './served-servers.ts'

type Config = ConfigOf<{
  readonly capture: typeof captureSection
  readonly http: typeof httpSection
}>

/** The settings of one sensor as its parts take them. */
export interface CaptureSettings {
  readonly source: Source
  readonly ports: readonly number[]
  readonly clients: BootOrigin['clients']
  readonly exclude: readonly Prefix[]
  /** Server addresses by service; undefined: all are of the one measured. */
  readonly services: readonly ServiceAddresses[] | undefined
  /** One in how many queries over UDP is counted; 0: none. */
  readonly rate: number
  readonly snapLength: number
  readonly bufferBytes: number
  readonly promiscuous: boolean
  readonly user: string | undefined
  readonly giveWay: { readonly cpuCoresMax: number; readonly sampledRate: number }
  readonly batchMillis: number
  readonly heartbeatMillis: number
  readonly spool: { readonly folder: string; readonly bytesMax: number }
  readonly listen: string
  readonly stopMillis: number
}

const rateMax = 1024
const isRate = (rate: number): boolean =>
  rate >= 1 && rate <= rateMax && Number.isInteger(Math.log2(rate))

/** What files say that the configuration names, and where the sensor keeps its own. */
export interface SettingsFiles {
  readonly exclude: readonly Prefix[]
  readonly services?: readonly ServiceAddresses[] | undefined
  readonly stateFolder: string
}

/** Turns the configuration into settings; the error is one sentence. */
export function readSettings(
  { capture, http }: Config,
  { exclude, services, stateFolder }: SettingsFiles,
): Result<CaptureSettings, string> {
  const rate = rateOf(capture.traffic)
  if (rate !== 0 && !isRate(rate)) {
    return err(
      `capture.traffic cannot be ${capture.traffic}: N is a power of two from 2 to ${rateMax}`,
    )
  }
  if (!isRate(capture.give_way_rate)) {
    return err(`capture.give_way_rate cannot be ${capture.give_way_rate}: it is no power of two`)
  }
  const clients = readClients(capture)
  if (!clients.ok) return clients
  const { service, site } = capture
  const source: Source = { service, site, sensor: capture.sensor ?? hostname() }
  const name = [service, site, source.sensor].map(encodeURIComponent).join('+')
  return ok({
    source,
    ports: capture.ports.map(Number),
    clients: clients.value,
    exclude,
    services,
    rate,
    snapLength: capture.snaplen,
    bufferBytes: capture.buffer,
    promiscuous: capture.promiscuous,
    user: capture.user,
    giveWay: { cpuCoresMax: Number(capture.cpu_share), sampledRate: capture.give_way_rate },
    batchMillis: capture.batch_age,
    heartbeatMillis: capture.heartbeat,
    spool: {
      folder: capture.spool_folder ?? join(stateFolder, 'spool', name),
      bytesMax: capture.spool_bytes,
    },
    listen: http.capture_listen,
    stopMillis: http.stop_deadline,
  })
}

function rateOf(traffic: string): number {
  if (traffic === 'off') return 0
  return traffic === 'full' ? 1 : Number(traffic.slice('sampled=1/'.length))
}

const keyBytes = 32

function readClients(capture: Config['capture']): Result<BootOrigin['clients'], string> {
  const { clients, client_key_file: file } = capture
  if (clients !== 'tagged') return ok(clients)
  if (file === undefined) return ok(new ClientTagger(randomBytes(keyBytes)))
  const key = readSecret(file)
  if (!key.ok) return err(`capture.client_key_file: ${key.error}`)
  return ok(new ClientTagger(Buffer.from(key.value)))
}

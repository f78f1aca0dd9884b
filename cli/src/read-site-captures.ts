import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import {
  type CaptureSummary,
  captureToBus,
  type InputError,
  type ServiceAddresses,
} from '@goldpan/capture'
import { err, ok, type Prefix, type Result } from '@goldpan/core'
import { Estimator, type EstimatorSummary, type NetworkTable } from '@goldpan/estimator'
import { createInProcessBus } from '@goldpan/runtime'
import type { Warehouse } from '@goldpan/warehouse'
import { createProgress, showStep } from './progress.ts'
import type { SiteInput } from './site-inputs.ts'

export interface SitesToRead {
  readonly service: string
  /** Server addresses by service; undefined: all are of this one. */
  readonly services: readonly ServiceAddresses[] | undefined
  readonly ports: readonly number[]
  readonly inputs: readonly SiteInput[]
  readonly networks: NetworkTable | undefined
  readonly exclude: readonly Prefix[]
}

/** Messages on the in-process bus that nobody has taken. */
const messagesMax = 8

export interface SiteCapture {
  readonly site: string
  readonly capture: CaptureSummary
}

/** Site by site through the bus into the warehouse, all on one machine. */
export async function readSiteCaptures(
  { service, services, ports, inputs, networks, exclude }: SitesToRead,
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
      ...{ inputs: paths, service, services, site, sensor: site, ports, bus: sender },
      ...{ clients: 'full', exclude, signal },
      onProgress: (bytes) => progress.show(site, bytes),
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

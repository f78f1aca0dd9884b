import { err, ok, type Result } from '@goldpan/core'
import { readNetworkTable } from './network-file.ts'
import type { Places } from './places.ts'
import { readSites } from './site-file.ts'

export interface EnrichmentFiles {
  readonly networks: readonly string[]
  readonly sites?: string | undefined
}

/** Reads what rows are enriched with; the error is one sentence. */
export function readPlaces({
  networks: files,
  sites: file,
}: EnrichmentFiles): Result<Places, string> {
  const sites = file === undefined ? ok([]) : readSites(file)
  if (!sites.ok) return err(sites.error.message)
  const networks = readNetworkTable(files)
  if (!networks.ok) return err(networks.error.message)
  return ok({ sites: sites.value, networks: files.length > 0 ? networks.value : undefined })
}

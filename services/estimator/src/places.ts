import { randomUUID } from 'node:crypto'
import type { Warehouse } from '@goldpan/warehouse'
import type { NetworkTable } from './network-table.ts'
import type { Site } from './site-file.ts'

export interface Places {
  readonly sites: readonly Site[]
  readonly networks: NetworkTable | undefined
}

/** Places and names go to the warehouse, so that SQL can tell them. */
export async function storePlaces(
  warehouse: Warehouse,
  { sites, networks }: Places,
): Promise<void> {
  if (sites.length > 0) await warehouse.insertRows('sites', sites, tokenOf('sites'))
  const names = [...(networks?.names() ?? [])].map(([asn, name]) => ({ asn, name }))
  if (names.length > 0) await warehouse.insertRows('networks', names, tokenOf('networks'))
}

/** A file that says again what it once said is no retry: what it says now counts. */
const tokenOf = (table: string): string => `${table}/${randomUUID()}`

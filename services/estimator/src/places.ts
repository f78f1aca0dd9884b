import { createHash } from 'node:crypto'
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
  const places = sites.map(({ code, city, country, latitude, longitude }) => {
    return { code, city, country, latitude, longitude }
  })
  if (places.length > 0) await warehouse.insertRows('sites', places, tokenOf('sites', places))
  const names = [...(networks?.names() ?? [])].map(([asn, name]) => ({ asn, name }))
  if (names.length > 0) await warehouse.insertRows('networks', names, tokenOf('networks', names))
}

const tokenOf = (table: string, rows: readonly object[]): string =>
  `${table}/${createHash('sha256').update(JSON.stringify(rows)).digest('hex')}`

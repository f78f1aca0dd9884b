import { err, formatAddress, ok, type Result } from '@goldpan/core'
import type { FileError } from '@goldpan/runtime/csv-file'
import { Reader } from 'mmdb-lib'
import { createMmdbTree } from './mmdb-tree.ts'
import type { Network, NetworkSource } from './network-table.ts'

const marker = Buffer.from('\xab\xcd\xefMaxMind.com', 'latin1')
/** The marker stands within the last 128 KiB (MaxMind DB format 2.0). */
const metadataBytesMax = 128 * 1024

/** Whether the bytes are a MaxMind DB. */
export function isMmdb(bytes: Buffer): boolean {
  return bytes.subarray(-metadataBytesMax).includes(marker)
}

/** The fields of GeoLite2 (ASN, Country, City) and of IPinfo that matter here. */
interface MmdbRecord {
  readonly autonomous_system_number?: number
  readonly autonomous_system_organization?: string
  readonly country?: string | { readonly iso_code?: string }
  readonly country_code?: string
  readonly asn?: string
  readonly as_name?: string
  readonly name?: string
}

const damaged = (name: string, what: string): FileError => ({
  code: 'BAD_FILE',
  message: `${name} is a damaged MMDB (${what}): fetch it again`,
})

/** Opens a MaxMind DB; each of its records is decoded once, when the first address finds it. */
export function readMmdb(name: string, bytes: Buffer): Result<NetworkSource, FileError> {
  let reader: Reader<never>
  try {
    reader = new Reader<never>(bytes)
  } catch (error) {
    return err(damaged(name, (error as Error).message))
  }
  const tree = createMmdbTree(bytes, reader.metadata)
  const damagedAt = tree.damagedAt()
  if (damagedAt !== undefined) {
    return err(damaged(name, `its tree points out of the file at byte ${damagedAt}`))
  }
  const networks: Network[] = []
  const indexes = new Map<string, number>()
  const indexByRecord = new Map<number, number>()
  const decode = (text: string): Network | undefined => {
    try {
      return toNetwork(reader.get(text) as MmdbRecord | null)
    } catch {
      // One record that cannot be decoded is one network that is not known.
      return undefined
    }
  }
  const indexOf = (network: Network | undefined): number => {
    if (!network) return -1
    const key = JSON.stringify(network)
    const known = indexes.get(key)
    if (known !== undefined) return known
    networks.push(network)
    indexes.set(key, networks.length - 1)
    return networks.length - 1
  }
  const lookup = (address: Uint8Array, offset: number): number => {
    const record = tree.find(address, offset)
    if (record === 0) return -1
    const known = indexByRecord.get(record)
    if (known !== undefined) return known
    const index = indexOf(decode(formatAddress(address, offset)))
    indexByRecord.set(record, index)
    return index
  }
  return ok({ ranges: { lookup }, networks })
}

function toNetwork(record: MmdbRecord | null): Network | undefined {
  if (!record) return undefined
  const asn = record.autonomous_system_number ?? Number(record.asn?.replace(/^AS/, ''))
  const name = record.autonomous_system_organization ?? record.as_name ?? record.name
  const country =
    typeof record.country === 'object'
      ? record.country.iso_code
      : (record.country_code ?? record.country)
  return {
    ...(Number.isInteger(asn) && asn > 0 ? { asn } : {}),
    ...(typeof name === 'string' ? { name } : {}),
    ...(typeof country === 'string' && /^[A-Z]{2}$/.test(country) ? { country } : {}),
  }
}

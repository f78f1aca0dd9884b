import { err, formatAddress, ok, type Result } from '@goldpan/core'
import { Reader } from 'mmdb-lib'
import type { FileError } from './csv-file.ts'
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

/** Opens a MaxMind DB; what it finds for a client prefix is remembered. */
export function readMmdb(name: string, bytes: Buffer): Result<NetworkSource, FileError> {
  let reader: Reader<never>
  try {
    reader = new Reader<never>(bytes)
  } catch (error) {
    const { message } = error as Error
    return err({
      code: 'BAD_FILE',
      message: `${name} is a damaged MMDB (${message}): fetch it again`,
    })
  }
  const networks: Network[] = []
  const indexes = new Map<string, number>()
  const memo = new Map<string, number>()
  const lookup = (address: Uint8Array, offset: number): number => {
    const key = Buffer.from(address.buffer, address.byteOffset + offset, 16).toString('latin1')
    const known = memo.get(key)
    if (known !== undefined) return known
    const index = indexOf(reader.get(formatAddress(address, offset)) as MmdbRecord | null)
    memo.set(key, index)
    return index
  }
  const indexOf = (record: MmdbRecord | null): number => {
    if (!record) return -1
    const network = toNetwork(record)
    const key = JSON.stringify(network)
    const known = indexes.get(key)
    if (known !== undefined) return known
    networks.push(network)
    indexes.set(key, networks.length - 1)
    return networks.length - 1
  }
  return ok({ ranges: { lookup }, networks })
}

function toNetwork(record: MmdbRecord): Network {
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

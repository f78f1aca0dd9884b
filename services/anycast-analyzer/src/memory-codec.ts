import { deserialize, serialize } from 'node:v8'
import { addressBytes, err, ok, type Result } from '@goldpan/core'
import type { AnalyzerMemory } from './analyzer-memory.ts'
import type { TrackedFinding } from './finding-book.ts'
import { createPrefixTable, type PrefixTable } from './prefix-table.ts'

/**
 * A live analyzer as bytes, so that a restart goes on where the last one stopped. The same
 * analyzer makes the same values; the engine may write a whole number in either of two ways.
 */

/** Grows when the state of another version cannot be read any more. */
const codecVersion = 1

/** A live analyzer between two minutes. */
export interface LiveMemory extends AnalyzerMemory {
  /** Codes by site number; new sites are added at the end. */
  readonly sites: string[]
  readonly weight: 'queries' | 'handshakes'
  readonly table: PrefixTable
  /** Handshakes of the minutes decided lately: what is more of them later came late. */
  readonly decidedRows: Map<number, number>
}

interface StoredPrefixes {
  readonly bytes: Uint8Array
  readonly asns: Uint32Array
  readonly countries: readonly string[]
  readonly country: Uint16Array
}

type StoredFinding = Omit<TrackedFinding, 'group'>

interface Stored {
  readonly version: number
  readonly prefixes: StoredPrefixes
  readonly tracked: readonly StoredFinding[]
  readonly rest: Omit<LiveMemory, 'table' | 'tracked'>
}

/** The bytes of a memory. */
export function encodeMemory({ table, tracked, ...rest }: LiveMemory): Uint8Array {
  const stored: Stored = {
    version: codecVersion,
    prefixes: storePrefixes(table),
    tracked: tracked.map(({ group: _, ...finding }) => finding),
    rest,
  }
  return serialize(stored)
}

/** Reads what {@link encodeMemory} wrote; of another version's it says so. */
export function decodeMemory(bytes: Uint8Array): Result<LiveMemory, string> {
  const { version, prefixes, tracked, rest } = deserialize(bytes) as Stored
  if (version !== codecVersion) {
    return err(`the analyzer's state is of version ${version}, this goldpan reads ${codecVersion}`)
  }
  const table = restorePrefixes(prefixes)
  return ok({
    ...rest,
    table,
    tracked: tracked.map((finding) => ({
      ...finding,
      group: table.groups[finding.assertion.group]!,
    })),
  })
}

function storePrefixes(table: PrefixTable): StoredPrefixes {
  const { length } = table
  return {
    bytes: table.bytes().slice(0, length * addressBytes),
    asns: Uint32Array.from({ length }, (_, prefix) => table.asn(prefix)),
    countries: table.countries,
    country: Uint16Array.from({ length }, (_, prefix) => table.country(prefix)),
  }
}

/** Adding the prefixes in their order gives every group its number again. */
function restorePrefixes({ bytes, asns, countries, country }: StoredPrefixes): PrefixTable {
  const table = createPrefixTable(Math.max(asns.length, 1024))
  for (let prefix = 0; prefix < asns.length; prefix++) {
    table.add(bytes, prefix * addressBytes, asns[prefix]!, countries[country[prefix]!]!)
  }
  return table
}

import { readFileSync } from 'node:fs'
import { err, explainUnreadable, ok, parsePrefix, type Result } from '@goldpan/core'
import { badLine, type FileError, visitCsv } from '@goldpan/runtime/csv-file'
import { isMmdb, readMmdb } from './mmdb-file.ts'
import { type Network, type NetworkSource, NetworkTable } from './network-table.ts'
import { RangeEntries, RangeTable } from './range-table.ts'

/** Reads the operator's network files, each recognised by its content, into one table. */
export function readNetworkTable(files: readonly string[]): Result<NetworkTable, FileError> {
  const sources: NetworkSource[] = []
  for (const file of files) {
    let bytes: Buffer
    try {
      bytes = readFileSync(file)
    } catch (error) {
      return err({ code: 'UNREADABLE', message: explainUnreadable(file, error) })
    }
    const source = parseNetworks(file, bytes)
    if (!source.ok) return source
    sources.push(source.value)
  }
  return ok(new NetworkTable(sources))
}

/** Text has no zero byte so near its beginning. */
const headBytes = 4096

function parseNetworks(name: string, bytes: Buffer): Result<NetworkSource, FileError> {
  if (isMmdb(bytes)) return readMmdb(name, bytes)
  if (bytes.subarray(0, headBytes).includes(0)) {
    return err({
      code: 'BAD_FILE',
      message:
        `${name} is no table of networks (it is binary, and no whole MMDB): ` +
        'name a CSV, an MMDB or a pfx2as file, or fetch it again',
    })
  }
  const text = bytes.toString('utf8')
  return pfx2asLine.test(text.slice(0, text.indexOf('\n') + 1))
    ? parsePfx2as(name, text)
    : parseNetworkCsv(name, text)
}

/** Gives equal networks one index. */
class Networks {
  readonly list: Network[] = []
  readonly #indexes = new Map<string, number>()

  indexOf(network: Network): number {
    const { asn = '', name = '', country = '' } = network
    const key = `${asn}\0${country}\0${name}`
    const known = this.#indexes.get(key)
    if (known !== undefined) return known
    this.list.push(network)
    this.#indexes.set(key, this.list.length - 1)
    return this.list.length - 1
  }
}

/** CSV `prefix,asn,name,country`; prefixes may nest, other columns are ignored. */
function parseNetworkCsv(name: string, text: string): Result<NetworkSource, FileError> {
  const networks = new Networks()
  const entries = new RangeEntries()
  const problem = visitCsv(name, text, ['prefix'], ({ line, field }) => {
    const prefix = parsePrefix(field('prefix') ?? '')
    if (!prefix) return badLine(name, line, `${field('prefix') ?? 'nothing'} is no prefix`)
    const asn = field('asn')?.replace(/^AS/i, '')
    if (asn !== undefined && !isAsn(asn)) return badLine(name, line, `${asn} is no AS number`)
    const network = networkOf(asn, field('name'), field('country'))
    entries.add(prefix, networks.indexOf(network))
    return undefined
  })
  return problem ? err(problem) : ok(sourceOf(entries, networks.list))
}

function sourceOf(entries: RangeEntries, networks: readonly Network[]): NetworkSource {
  const table = new RangeTable(entries)
  return { ranges: { lookup: (bytes, offset) => table.lookupPrefix(bytes, offset) }, networks }
}

const isAsn = (text: string): boolean => /^\d{1,10}$/.test(text) && Number(text) < 2 ** 32

function networkOf(asn?: string, name?: string, country?: string): Network {
  return {
    ...(asn === undefined || Number(asn) === 0 ? {} : { asn: Number(asn) }),
    ...(name === undefined ? {} : { name }),
    ...(country === undefined ? {} : { country: country.toUpperCase() }),
  }
}

const pfx2asLine = /^\S+\t\d{1,3}\t[\d_,]+\s*$/

/** CAIDA pfx2as: `prefix TAB length TAB AS`; of several origins the first one counts. */
function parsePfx2as(name: string, text: string): Result<NetworkSource, FileError> {
  const networks = new Networks()
  const entries = new RangeEntries()
  for (const [index, row] of text.split('\n').entries()) {
    if (row.trim() === '') continue
    const [address, length, origins] = row.trim().split('\t')
    const prefix = parsePrefix(`${address}/${length}`)
    const asn = origins?.split(/[_,]/)[0] ?? ''
    if (!prefix || !isAsn(asn)) return err(badLine(name, index + 1, 'it is no pfx2as line'))
    entries.add(prefix, networks.indexOf(networkOf(asn)))
  }
  return ok(sourceOf(entries, networks.list))
}

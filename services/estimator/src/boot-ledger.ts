import { createHash } from 'node:crypto'

/**
 * Which rows of each boot a partition has given: rows below a boot's next one are dropped. It
 * travels in the metadata of the group's offset commits, which holds {@link metadataCharsMax}
 * characters; boots that do not fit are looked up in the table `ingests`.
 */

/** What a broker takes by default (`offset.metadata.max.bytes`). */
export const metadataCharsMax = 4096
/** Boots that are remembered in memory; the one seen longest ago is forgotten. */
export const bootsMax = 10_000
const keyChars = 11

/** Eight bytes of a hash of what identifies a boot on a topic, in characters. */
export function bootKey(service: string, site: string, sensor: string, boot: string): string {
  const hash = createHash('sha256').update([service, site, sensor, boot].join('\n')).digest()
  return hash.subarray(0, 8).toString('base64url')
}

/** What a partition's owner knows from the group's committed offset and its metadata. */
export interface CommittedState {
  /** Random number of the group's first commit here: the topic may have been deleted since. */
  readonly incarnation: string
  /** End of the range that was promised; absent: none is. */
  readonly end?: number
  readonly ledger: BootLedger
}

const version = 'g1'

/** The boots of one partition, the one seen last at the end. */
export class BootLedger {
  readonly #next: Map<string, number>

  constructor(entries: Iterable<readonly [string, number]> = []) {
    this.#next = new Map(entries)
  }

  /** The first row that is still to come, or undefined when the boot is not known here. */
  nextRow(key: string): number | undefined {
    return this.#next.get(key)
  }

  /** Notes rows, as the boot that was seen last. */
  set(key: string, nextRow: number): void {
    this.#next.delete(key)
    this.#next.set(key, nextRow)
    if (this.#next.size > bootsMax) this.#next.delete(this.#next.keys().next().value!)
  }

  /** Metadata of a commit: the incarnation, the promised end and the boots seen last. */
  encode(incarnation: string, end: number | undefined): string {
    const head = `${version} ${incarnation} ${end ?? '-'} `
    const entries: string[] = []
    let chars = head.length
    for (const [key, nextRow] of [...this.#next].reverse()) {
      const entry = `${key}${nextRow.toString(36)}`
      chars += entry.length + 1
      if (chars > metadataCharsMax) break
      entries.push(entry)
    }
    return head + entries.reverse().join(',')
  }
}

/** Reads metadata; undefined when it is none of ours, as after a reset of the group's offsets. */
export function decodeCommitted(metadata: string | null | undefined): CommittedState | undefined {
  const [mark, incarnation, end, entries] = (metadata ?? '').split(' ')
  if (mark !== version || !incarnation || !/^(?:-|\d+)$/.test(end ?? '')) return undefined
  if (entries === undefined) return undefined
  const boots = entries === '' ? [] : entries.split(',').map(decodeEntry)
  if (boots.some(([, nextRow]) => !Number.isSafeInteger(nextRow))) return undefined
  const ledger = new BootLedger(boots)
  return end === '-' ? { incarnation, ledger } : { incarnation, ledger, end: Number(end) }
}

const decodeEntry = (entry: string): readonly [string, number] => [
  entry.slice(0, keyChars),
  Number.parseInt(entry.slice(keyChars), 36),
]

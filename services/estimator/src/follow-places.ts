import { statSync } from 'node:fs'
import { err, ok, type Result } from '@goldpan/core'
import { type EnrichmentFiles, readPlaces } from './enrichment.ts'
import type { Places } from './places.ts'

/** The operator's files, read again when one of them changes. */
export interface FollowedPlaces {
  /**
   * What the files say now where one of them changed since the last look, undefined where none
   * did. A broken new file is an error, once; what was read before stays in use.
   */
  look(): Result<Places | undefined, string>
}

/** Follows files that were just read. */
export function followPlaces(files: EnrichmentFiles): FollowedPlaces {
  const names = [...files.networks, ...(files.sites === undefined ? [] : [files.sites])]
  let known = fingerprint(names)
  return {
    look() {
      const now = fingerprint(names)
      if (now === known) return ok(undefined)
      known = now
      const read = readPlaces(files)
      return read.ok ? read : err(`${read.error}; what was read before stays in use`)
    },
  }
}

/** Changes when a file is written, replaced or removed. */
function fingerprint(files: readonly string[]): string {
  const states = files.map((file) => {
    const stats = statSync(file, { throwIfNoEntry: false, bigint: true })
    return stats && [stats.ino, stats.size, stats.mtimeNs].join('/')
  })
  return states.join()
}

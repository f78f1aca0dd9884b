import { statSync } from 'node:fs'
import { err, ok, type Result } from '@goldpan/core'
import type { FileError } from './csv-file.ts'
import { readNetworkTable } from './network-file.ts'
import type { NetworkTable } from './network-table.ts'

/** The operator's network files as they are now, read again when one of them changes. */
export interface NetworkFiles {
  /** The table that was read last without an error. */
  readonly table: NetworkTable
  /**
   * Looks whether a file changed and reads all anew if so. A broken new file keeps the table as it
   * was; the error says so, once for each state of the files.
   */
  refresh(): Result<'unchanged' | 'reloaded', FileError>
}

/** Reads the files once; refuses what cannot be used at the start. */
export function openNetworkFiles(files: readonly string[]): Result<NetworkFiles, FileError> {
  let known = fingerprint(files)
  const first = readNetworkTable(files)
  if (!first.ok) return first
  let table = first.value
  return ok({
    get table() {
      return table
    },
    refresh() {
      const now = fingerprint(files)
      if (now === known) return ok('unchanged')
      known = now
      const read = readNetworkTable(files)
      if (!read.ok) {
        const { code, message } = read.error
        return err({ code, message: `${message}; the networks read before stay in use` })
      }
      table = read.value
      return ok('reloaded')
    },
  })
}

/** Changes when a file is written, replaced or removed. */
function fingerprint(files: readonly string[]): string {
  const states = files.map((file) => {
    const stats = statSync(file, { throwIfNoEntry: false, bigint: true })
    return stats && [stats.ino, stats.size, stats.mtimeNs].join('/')
  })
  return states.join()
}

import { mkdirSync, statSync } from 'node:fs'
import { dirname } from 'node:path'

/**
 * Makes a folder and those above it; `mode` is of those that it makes. Node's own recursive mkdir
 * spins for ever where a file system takes no folder and says ENOENT, as /proc does.
 */
export function makeFolder(folder: string, mode?: number): void {
  try {
    mkdirSync(folder, { mode })
  } catch (error) {
    if (statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return
    const above = dirname(folder)
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT' && above !== folder
    if (!isMissing || statSync(above, { throwIfNoEntry: false })) throw error
    makeFolder(above, mode)
    mkdirSync(folder, { mode })
  }
}

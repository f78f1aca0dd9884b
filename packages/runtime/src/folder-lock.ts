import { linkSync, readFileSync, rmSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { err, ok, type Result } from '@goldpan/core'

/** Gives the folder back. */
export type Release = () => void

/**
 * Takes a folder for this process; the error is the pid of who holds it. The lock of a process
 * that is gone is taken over.
 */
export function lockFolder(folder: string): Result<Release, number> {
  const file = join(folder, 'goldpan.pid')
  // Nobody may see the lock before it says whose it is, and take it for one of the dead.
  const whole = `${file}.${process.pid}`
  for (;;) {
    try {
      writeFileSync(whole, `${process.pid} ${startOf(process.pid)}\n`, { mode: 0o600 })
      linkSync(whole, file)
      return ok(() => unlinkSync(file))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    } finally {
      rmSync(whole, { force: true })
    }
    const holder = readHolder(file)
    if (holder !== undefined) return err(holder)
    rmSync(file, { force: true })
  }
}

/** The pid of a lock whose process still runs; a reused pid has another start time. */
function readHolder(file: string): number | undefined {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
  const [pid, start] = text.trim().split(' ')
  return start !== undefined && startOf(Number(pid)) === start ? Number(pid) : undefined
}

/** Start time of a process in ticks since the host's boot (proc(5)); empty when it is gone. */
function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? ''
  } catch {
    return ''
  }
}

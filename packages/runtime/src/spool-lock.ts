import { closeSync, openSync, readFileSync, unlinkSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { err, ok, type Result } from '@goldpan/core'

/** Takes a spool for this process; the lock of a process that is gone is taken over. */
export function lockSpool(folder: string): Result<() => void, string> {
  const file = join(folder, 'goldpan.pid')
  for (;;) {
    try {
      const descriptor = openSync(file, 'wx', 0o600)
      writeSync(descriptor, `${process.pid} ${startOf(process.pid)}\n`)
      closeSync(descriptor)
      return ok(() => unlinkSync(file))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
    const holder = readHolder(file)
    if (holder !== undefined) {
      return err(
        `the spool ${folder} is in use by process ${holder}: ` +
          'give each sensor a name or a folder of its own',
      )
    }
    unlinkSync(file)
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

import { WarehouseError } from '@goldpan/warehouse'

/** A failed system call or statement in one sentence; undefined for what is a bug. */
export function explainFailure(error: unknown, doing: string): string | undefined {
  const { code = '', type = '', message = '' } = error as Record<string, string>
  const isFull = fullCodes.has(code) || fullTypes.has(type) || /no space left/i.test(message)
  if (isFull) {
    return (
      `the disk is full while ${doing} (${code || type}): free some space, or raise the quota, ` +
      'and run the same command again'
    )
  }
  if (code in advice) {
    return `${doing} failed (${message.split('\n')[0]}): ${advice[code]}`
  }
  if (error instanceof WarehouseError) return `${doing} failed: ${message.split('\n')[0]}`
  return undefined
}

const fullCodes = new Set(['ENOSPC', 'EDQUOT', 'EFBIG'])
const fullTypes = new Set(['NOT_ENOUGH_SPACE', 'CANNOT_WRITE_TO_FILE_DESCRIPTOR'])
const advice: Readonly<Record<string, string>> = {
  EACCES: 'run as a user who may write there',
  EROFS: 'name a folder on a file system that can be written',
  EMFILE: 'raise the limit of open files (ulimit -n)',
  ENOMEM: 'free some memory, or give fewer inputs at once',
}

import { openSync } from 'node:fs'
import { basename, dirname } from 'node:path'

/** Bytes of a path that a unix socket's address has room for (unix(7)), with the last zero. */
const pathBytesMax = 107

/** Address of the socket at a path: a long one is reached through its open folder. */
export function socketAddress(path: string): string {
  if (Buffer.byteLength(path) <= pathBytesMax) return path
  const folder = openSync(dirname(path), 'r')
  return `/proc/self/fd/${folder}/${basename(path)}`
}

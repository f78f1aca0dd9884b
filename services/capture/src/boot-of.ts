import { createHash, randomUUID } from 'node:crypto'

/**
 * The boot of a file: the same file read again at the same site sends what the receiver knows.
 * `head` is the first 64 KiB of the decompressed bytes (less where the file is shorter; such a
 * file that grows later is another one).
 */
export function bootOfFile(service: string, site: string, head: Uint8Array): string {
  return createHash('sha256')
    .update(`${service}\0${site}\0`)
    .update(head)
    .digest('hex')
    .slice(0, 32)
}

/** The boot of what cannot be read twice: standard input. */
export const bootOfStream = (): string => randomUUID()

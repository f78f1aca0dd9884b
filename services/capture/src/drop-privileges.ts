import { readFileSync } from 'node:fs'

export interface HostUser {
  readonly name: string
  readonly uid: number
  readonly gid: number
}

/** A user of this host by name, or undefined. */
export function findUser(name: string): HostUser | undefined {
  const lines = readFileSync('/etc/passwd', 'utf8').split('\n')
  const fields = lines.map((line) => line.split(':')).find(([user]) => user === name)
  return fields && { name, uid: Number(fields[2]), gid: Number(fields[3]) }
}

/** Whether this process is root's, and has something to give up. */
export const isRoot = (): boolean => process.getuid?.() === 0

/** Becomes a user for good: groups first, the user last (setuid(2)). */
export function dropPrivileges({ uid, gid, name }: HostUser): void {
  process.setgroups!([])
  process.setgid!(gid)
  process.setuid!(uid)
  if (uid !== 0 && isRoot()) throw new Error(`could not become ${name}`)
}

import { spawnSync } from 'node:child_process'
import { findTool } from '../integration/tools.ts'

/** The names of the system calls that the `SystemCallFilter=` lines of a unit leave, in order. */
export function allowedSystemCalls(unit: string): string[] {
  const allowed = new Set<string>()
  for (const [, tilde, groups] of unit.matchAll(/^SystemCallFilter=(~?)(.*)$/gm)) {
    for (const group of groups!.trim().split(/\s+/)) {
      for (const name of expand(group)) {
        if (tilde) allowed.delete(name)
        else allowed.add(name)
      }
    }
  }
  return [...allowed].sort()
}

/** A group as this systemd has it, down to the names of system calls. */
function expand(name: string): string[] {
  if (!name.startsWith('@')) return [name]
  const words = ['--no-pager', 'syscall-filter', name]
  const { stdout } = spawnSync(findTool('systemd-analyze')!, words, { encoding: 'utf8' })
  const lines = stdout.split('\n').slice(1)
  const members = lines.map((line) => line.trim()).filter((line) => line && !line.startsWith('#'))
  return members.flatMap(expand)
}

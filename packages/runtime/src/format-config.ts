import { stringify } from 'yaml'
import { type ConfigEntry, formatSource } from './read-config.ts'

/** Where the comments begin, unless the value is longer. */
const commentColumn = 44

/** Effective settings as YAML, each with its source; what secret files hold is not shown. */
export function formatConfig(entries: readonly ConfigEntry[]): string {
  const lines: string[] = []
  let section: string | undefined
  for (const entry of entries) {
    if (entry.section !== section) {
      section = entry.section
      lines.push(`${section}:`)
    }
    lines.push(formatLine(entry))
  }
  return `${lines.join('\n')}\n`
}

function formatLine({ key, written, source, facts }: ConfigEntry): string {
  if (written === undefined) return `  # ${key}: not set`
  // A value in flow style stays on its line, however long.
  const value = stringify(written, { collectionStyle: 'flow', lineWidth: 0 }).trimEnd()
  const secret = facts.isSecret ? ', its content is not shown' : ''
  return `${`  ${key}: ${value}`.padEnd(commentColumn)} # ${formatSource(source)}${secret}`
}

import { readFileSync } from 'node:fs'
import { err, explainUnreadable, ok, type Prefix, parsePrefix, type Result } from '@goldpan/core'

/** Reads addresses and prefixes, one a line; what follows a `#` is a comment. */
export function readExcluded(file: string): Result<Prefix[], string> {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    return err(explainUnreadable(file, error))
  }
  const prefixes: Prefix[] = []
  for (const [index, line] of text.split('\n').entries()) {
    const word = line.replace(/#.*/, '').trim()
    if (word === '') continue
    const prefix = parsePrefix(word)
    if (!prefix) return err(`${file} line ${index + 1}: ${word} is no address or prefix`)
    prefixes.push(prefix)
  }
  return ok(prefixes)
}

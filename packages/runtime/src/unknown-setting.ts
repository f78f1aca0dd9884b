import { closestWord } from './closest-word.ts'
import type { ConfigFile } from './config-file.ts'
import { type Sections, sectionNames } from './config-section.ts'

/** The variable that overrides a setting. */
export const variableOf = (sectionName: string, key: string): string =>
  `GOLDPAN_${sectionName}_${key}`.toUpperCase()

/** One sentence for each section and key of the file that is no setting. */
export function unknownInFile(sections: Sections, file: ConfigFile): string[] {
  const sentences: string[] = []
  const known = new Set<string>([...sectionNames, ...Object.keys(sections)])
  for (const { name, line } of file.sections) {
    if (known.has(name)) continue
    sentences.push(`${file.path}:${line}: ${unknown(name, 'section', known)}`)
  }
  for (const { section: name, key, line } of file.values) {
    const keys = sections[name]?.keys
    if (!keys || Object.hasOwn(keys, key)) continue
    const names = Object.keys(keys).map((each) => `${name}.${each}`)
    sentences.push(`${file.path}:${line}: ${unknown(`${name}.${key}`, 'setting', names)}`)
  }
  return sentences
}

/** One sentence for each `GOLDPAN_<SECTION>_…` that is no setting of the sections. */
export function unknownInEnvironment(
  sections: Sections,
  env: Readonly<Record<string, string | undefined>>,
): string[] {
  const sentences: string[] = []
  for (const variable of Object.keys(env)) {
    const name = /^GOLDPAN_([A-Z]+)_/.exec(variable)?.[1]?.toLowerCase()
    const keys = name === undefined ? undefined : sections[name]?.keys
    if (name === undefined || !keys) continue
    const variables = Object.keys(keys).map((key) => variableOf(name, key))
    if (!variables.includes(variable)) sentences.push(unknown(variable, 'setting', variables))
  }
  return sentences
}

function unknown(name: string, what: string, words: Iterable<string>): string {
  const meant = closestWord(name, words)
  const advice = meant ? `did you mean ${meant}?` : 'docs/reference/configuration.md lists them all'
  return `${name} is no ${what}: ${advice}`
}

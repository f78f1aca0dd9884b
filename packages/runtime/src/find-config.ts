import { existsSync } from 'node:fs'
import { readConfigFile } from './config-file.ts'
import type { Sections } from './config-section.ts'
import type { ConfigInputs } from './read-config.ts'

/** Read when nobody names another and it exists. */
export const configFileDefault = '/etc/goldpan/goldpan.yaml'

/** The file named on the command line, else by GOLDPAN_CONFIG, else the default one if there. */
export function findConfigFile(
  named: string | undefined,
  env: ConfigInputs['env'],
): string | undefined {
  const file = named ?? (env.GOLDPAN_CONFIG || undefined)
  return file ?? (existsSync(configFileDefault) ? configFileDefault : undefined)
}

/**
 * Of all sections those that the file or the environment speaks of, and those that require nothing:
 * a sensor's file need not say what an estimator requires.
 */
export function sectionsInUse<S extends Sections>(
  sections: S,
  { file, env }: ConfigInputs,
): Partial<S> & Sections {
  const found = findConfigFile(file, env)
  const read = found === undefined ? undefined : readConfigFile(found)
  const inFile = new Set(read?.ok ? read.value.sections.map(({ name }) => name) : [])
  const variables = Object.keys(env)
  const isUsed = (name: string): boolean =>
    ['bus', 'warehouse', 'log', 'http'].includes(name) ||
    inFile.has(name) ||
    variables.some((variable) => variable.startsWith(`GOLDPAN_${name.toUpperCase()}_`))
  const used = Object.entries(sections).filter(([name]) => isUsed(name))
  return Object.fromEntries(used) as Partial<S> & Sections
}

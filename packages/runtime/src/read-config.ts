import { readFileSync, statSync } from 'node:fs'
import { err, ok, type Result } from '@goldpan/core'
import type { z } from 'zod'
import { type ConfigFile, readConfigFile } from './config-file.ts'
import { generalMisfit, type KeyFacts, keyFacts } from './config-key.ts'
import type { ConfigOf, Sections } from './config-section.ts'
import { findConfigFile } from './find-config.ts'
import { unknownInEnvironment, unknownInFile, variableOf } from './unknown-setting.ts'

/** Where a value comes from. */
export type ConfigSource =
  | { readonly from: 'default' }
  | { readonly from: 'file'; readonly file: string; readonly line: number }
  | { readonly from: 'environment'; readonly variable: string }
  | { readonly from: 'command line' }

/** One effective setting, as it was written. */
export interface ConfigEntry {
  readonly section: string
  readonly key: string
  /** undefined: absent. */
  readonly written: unknown
  readonly source: ConfigSource
  readonly facts: KeyFacts
}

export interface EffectiveConfig<S extends Sections> {
  readonly config: ConfigOf<S>
  readonly entries: readonly ConfigEntry[]
  /** Sentences about what works but should not stay so. */
  readonly warnings: readonly string[]
}

/** Everything wrong with a configuration, one sentence each. */
export interface ConfigProblem {
  readonly message: string
  readonly sentences: readonly string[]
}

export interface ConfigInputs {
  /** The file that the command line names; else GOLDPAN_CONFIG does, else it is the default one. */
  readonly file?: string | undefined
  readonly env: Readonly<Record<string, string | undefined>>
  /** What the command line says, by `section.key`; undefined values are not said. */
  readonly overrides?: Readonly<Record<string, unknown>>
}

/** Reads the sections from command line, environment, file and defaults, in this order. */
export function readConfig<const S extends Sections>(
  sections: S,
  inputs: ConfigInputs,
): Result<EffectiveConfig<S>, ConfigProblem> {
  const sentences = unknownInEnvironment(sections, inputs.env)
  const warnings: string[] = []
  const file = openFile(findConfigFile(inputs.file, inputs.env), sentences)
  if (file) sentences.push(...unknownInFile(sections, file))
  const config: Record<string, Record<string, unknown>> = {}
  const entries: ConfigEntry[] = []
  for (const [sectionName, { keys }] of Object.entries(sections)) {
    const values: Record<string, unknown> = {}
    config[sectionName] = values
    for (const [key, schema] of Object.entries(keys)) {
      const entry = chooseEntry({ sectionName, key, schema, inputs, file })
      const parsed = schema.safeParse(entry.written)
      entries.push(parsed.success ? { ...entry, written: asInFile(entry, parsed.data) } : entry)
      values[key] = parsed.data
      if (!parsed.success) sentences.push(misfitSentence(entry, parsed.error.issues[0]!.message))
      else if (entry.facts.isPath && parsed.data) checkPath(entry, sentences, warnings)
    }
  }
  if (sentences.length > 0) return err({ message: sentences.join('\n'), sentences })
  return ok({ config: config as ConfigOf<S>, entries, warnings })
}

function openFile(path: string | undefined, sentences: string[]): ConfigFile | undefined {
  if (path === undefined) return undefined
  const read = readConfigFile(path)
  if (read.ok) return read.value
  sentences.push(read.error)
  return undefined
}

/** The secret in a file named by a `*_file` setting, without the line's end. */
export function readSecret(path: string): Result<string, string> {
  try {
    return ok(readFileSync(path, 'utf8').replace(/\r?\n$/, ''))
  } catch (error) {
    return err(`${path} cannot be read (${(error as Error).message}): it must hold the secret`)
  }
}

/** `goldpan.yaml:12: `, `GOLDPAN_LOG_LEVEL: ` or nothing: where the reader finds the mistake. */
export function formatSource(source: ConfigSource): string {
  if (source.from === 'file') return `${source.file}:${source.line}`
  return source.from === 'environment' ? source.variable : source.from
}

function chooseEntry({
  sectionName,
  key,
  schema,
  inputs,
  file,
}: {
  readonly sectionName: string
  readonly key: string
  readonly schema: z.ZodType
  readonly inputs: ConfigInputs
  readonly file: ConfigFile | undefined
}): ConfigEntry {
  const facts = keyFacts.get(schema)
  if (!facts) throw new Error(`${sectionName}.${key} was not made by a function of config-key.ts`)
  const entry = { section: sectionName, key, facts }
  const override = inputs.overrides?.[`${sectionName}.${key}`]
  if (override !== undefined) {
    return { ...entry, written: override, source: { from: 'command line' } }
  }
  const variable = variableOf(sectionName, key)
  const fromEnvironment = inputs.env[variable]
  if (fromEnvironment !== undefined && fromEnvironment !== '') {
    return { ...entry, written: fromEnvironment, source: { from: 'environment', variable } }
  }
  const inFile = file?.values.find((each) => each.section === sectionName && each.key === key)
  if (file && inFile && inFile.value !== undefined) {
    const source = { from: 'file', file: file.path, line: inFile.line } as const
    return { ...entry, written: inFile.value, source }
  }
  return { ...entry, written: facts.default, source: { from: 'default' } }
}

/** A number, flag or list that came as text, as a file would have it. */
function asInFile({ written }: ConfigEntry, value: unknown): unknown {
  return String(value) === written || Array.isArray(value) ? value : written
}

function misfitSentence(entry: ConfigEntry, why: string): string {
  const name = `${entry.section}.${entry.key}`
  if (entry.written === undefined) {
    const variable = variableOf(entry.section, entry.key)
    return `${name} is not set: it needs ${entry.facts.expects}, in the file or as ${variable}`
  }
  const shown = JSON.stringify(entry.written)
  const where = formatSource(entry.source)
  if (why !== generalMisfit) return `${where}: ${name} cannot be ${shown}: ${why}`
  return `${where}: ${name} needs ${entry.facts.expects}, not ${shown}`
}

/** The bits that let others than the owner and the group read a file. */
const readableByOthers = 0o004

function checkPath(entry: ConfigEntry, sentences: string[], warnings: string[]): void {
  const path = String(entry.written)
  const name = `${entry.section}.${entry.key}`
  const where = formatSource(entry.source)
  const status = statSync(path, { throwIfNoEntry: false })
  if (!status) {
    sentences.push(`${where}: ${name} names ${path}, which does not exist: correct the path`)
    return
  }
  if (!entry.facts.isSecret) return
  const secret = readSecret(path)
  if (!secret.ok) sentences.push(`${where}: ${name}: ${secret.error}`)
  else if (secret.value === '') sentences.push(`${where}: ${name}: ${path} is empty`)
  if (status.mode & readableByOthers) {
    warnings.push(`${where}: ${name}: anyone can read ${path}: chmod o-r ${path}`)
  }
}

import { findConfigFile, readConfig, sectionsInUse } from '@goldpan/runtime/config'
import { configSections } from '../config-sections.ts'
import { exitCode } from '../exit-code.ts'
import { complain } from '../standard-error.ts'

export interface ConfigOptions {
  readonly config?: string
}

/** Says whether the configuration is right; each mistake is one sentence. */
export async function run(options: ConfigOptions): Promise<number> {
  const { env } = process
  const file = findConfigFile(options.config, env)
  const sections = sectionsInUse(configSections, { file, env })
  const read = readConfig(sections, { file, env })
  if (!read.ok) {
    for (const sentence of read.error.sentences) complain(sentence)
    return exitCode.failed
  }
  for (const warning of read.value.warnings) complain(`warning: ${warning}`)
  const where = file ?? 'no file, defaults and environment'
  process.stdout.write(`${where}: right (${Object.keys(sections).join(', ')})\n`)
  return exitCode.done
}

import { formatConfig, readConfig, sectionsInUse } from '@goldpan/runtime/config'
import { configSections } from '../config-sections.ts'
import { exitCode } from '../exit-code.ts'
import { complain } from '../standard-error.ts'
import type { ConfigOptions } from './check.ts'

/** Prints the effective configuration as YAML that can be used again. */
export async function run(options: ConfigOptions): Promise<number> {
  const { env } = process
  const sections = sectionsInUse(configSections, { file: options.config, env })
  const read = readConfig(sections, { file: options.config, env })
  if (!read.ok) {
    for (const sentence of read.error.sentences) complain(sentence)
    return exitCode.failed
  }
  process.stdout.write(formatConfig(read.value.entries))
  return exitCode.done
}

/**
 * The configuration: sections made of keys, read from command line, environment, file and defaults.
 * A room of its own (`@goldpan/runtime/config`): it needs zod and yaml, which cost start-up time.
 */

export { busSection } from './bus-section.ts'
export { closestWord } from './closest-word.ts'
export type { KeyFacts } from './config-key.ts'
export {
  choice,
  duration,
  flag,
  integer,
  keyFacts,
  list,
  parseDurationMillis,
  parseSizeBytes,
  path,
  secretFile,
  size,
  text,
} from './config-key.ts'
export type { ConfigOf, Section, Sections } from './config-section.ts'
export { section, sectionNames } from './config-section.ts'
export { configFileDefault, findConfigFile, sectionsInUse } from './find-config.ts'
export { formatConfig } from './format-config.ts'
export type {
  ConfigEntry,
  ConfigInputs,
  ConfigProblem,
  ConfigSource,
  EffectiveConfig,
} from './read-config.ts'
export { formatSource, readConfig, readSecret } from './read-config.ts'
export { httpSection, logSection } from './shared-sections.ts'
export { variableOf } from './unknown-setting.ts'
export { warehouseSection } from './warehouse-section.ts'

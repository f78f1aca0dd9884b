import { z } from 'zod'

/** What the reference page and an error sentence say about one setting. */
export interface KeyFacts {
  /** One sentence. */
  readonly about: string
  /** What a value must be, to follow "needs": `a whole number from 1 to 8`. */
  readonly expects: string
  /** As it would be written in the file; absent without a default. */
  readonly default?: unknown
  readonly isRequired: boolean
  /** Its value names a file that holds a secret. */
  readonly isSecret: boolean
  /** Its value names a file or folder that must exist. */
  readonly isPath: boolean
}

/** Where each setting's facts are kept: the metadata of its schema. */
export const keyFacts = z.registry<KeyFacts>()

/** The message of a misfit that needs no other sentence than what the key expects. */
export const generalMisfit = 'does not fit'

/** A value that does not fit; `why` replaces the general sentence. */
class Misfit {
  readonly why: string | undefined
  constructor(why?: string) {
    this.why = why
  }
}

type Parse<T> = (value: unknown) => T | Misfit

/** What every setting says of itself; without default and not required, its value may be absent. */
interface KeyOptions<Default> {
  readonly about: string
  readonly default?: Default
  readonly required?: boolean
}

/** A value that is there in any case, as its options have a default or require it. */
type Given<Options, T> = Options extends { readonly default: unknown } | { readonly required: true }
  ? z.ZodType<T>
  : z.ZodType<T | undefined>

function createKey<T, Options extends KeyOptions<unknown>>(
  options: Options,
  facts: { readonly expects: string; readonly isSecret?: boolean; readonly isPath?: boolean },
  parse: Parse<T>,
): Given<Options, T> {
  const schema = z.unknown().transform((value, context): T | undefined => {
    const written = value === undefined ? options.default : value
    if (written === undefined && options.required !== true) return undefined
    const parsed = parse(written)
    if (!(parsed instanceof Misfit)) return parsed
    context.addIssue({ code: 'custom', message: parsed.why ?? generalMisfit })
    return z.NEVER
  })
  schema.register(keyFacts, {
    about: options.about,
    expects: facts.expects,
    isRequired: options.required === true,
    isSecret: facts.isSecret === true,
    isPath: facts.isPath === true,
    ...(options.default === undefined ? {} : { default: options.default }),
  })
  return schema as unknown as Given<Options, T>
}

/** Text; `pattern` restricts it, `expects` then says how. */
export function text<
  const Options extends KeyOptions<string> & {
    readonly pattern?: RegExp
    readonly expects?: string
    /** A sentence when the value is refused for a reason of its own. */
    readonly refuse?: (value: string) => string | undefined
  },
>(options: Options): Given<Options, string> {
  return createKey(options, { expects: options.expects ?? 'text' }, (value) => {
    if (typeof value === 'number') return new Misfit('put it in quotes, it is text')
    if (typeof value !== 'string' || value === '') return new Misfit()
    if (options.pattern && !options.pattern.test(value)) return new Misfit()
    const why = options.refuse?.(value)
    return why === undefined ? value : new Misfit(why)
  })
}

/** A file or folder that must exist; relative to the working directory. */
export function path<const Options extends KeyOptions<string>>(
  options: Options,
): Given<Options, string> {
  return createKey(options, { expects: 'a path', isPath: true }, (value) =>
    typeof value === 'string' && value !== '' ? value : new Misfit(),
  )
}

/** A file that holds a secret; its key ends in `_file`. Read it with `readSecret`. */
export function secretFile<const Options extends KeyOptions<string>>(
  options: Options,
): Given<Options, string> {
  return createKey(
    options,
    { expects: 'the path of a file that holds the secret', isSecret: true, isPath: true },
    (value) => (typeof value === 'string' && value !== '' ? value : new Misfit()),
  )
}

/** A whole number with its unit. */
export function integer<
  const Options extends KeyOptions<number> & {
    readonly min: number
    readonly max: number
    /** Such as `rows`; empty for a plain number. */
    readonly unit: string
  },
>(options: Options): Given<Options, number> {
  const { min, max, unit } = options
  const of = unit === '' ? '' : ` of ${unit}`
  return createKey(options, { expects: `a whole number${of} from ${min} to ${max}` }, (value) => {
    const number = typeof value === 'string' && /^-?\d+$/.test(value) ? Number(value) : value
    const fits = typeof number === 'number' && Number.isSafeInteger(number)
    return fits && number >= min && number <= max ? number : new Misfit()
  })
}

/** true or false. */
export function flag<const Options extends KeyOptions<boolean>>(
  options: Options,
): Given<Options, boolean> {
  return createKey(options, { expects: 'true or false' }, (value) => {
    if (value === true || value === 'true') return true
    return value === false || value === 'false' ? false : new Misfit()
  })
}

/** One of a closed list of words. */
export function choice<
  const Word extends string,
  const Options extends KeyOptions<Word> & { readonly words: readonly Word[] },
>(options: Options & { readonly words: readonly Word[] }): Given<Options, Word> {
  const expects = `one of ${options.words.join(', ')}`
  return createKey(options, { expects }, (value): Word | Misfit => {
    // YAML reads a bare `off` as text but `false` as a flag: both mean the word.
    const word = value === false && options.words.includes('off' as Word) ? 'off' : value
    return options.words.includes(word as Word) ? (word as Word) : new Misfit()
  })
}

/** A list of texts; in an environment variable separated by commas. */
export function list<
  const Options extends KeyOptions<readonly string[]> & {
    readonly pattern?: RegExp
    readonly expects?: string
  },
>(options: Options): Given<Options, readonly string[]> {
  return createKey(options, { expects: options.expects ?? 'a list of texts' }, (value) => {
    const items = typeof value === 'string' ? value.split(',').map((item) => item.trim()) : value
    if (!Array.isArray(items)) return new Misfit()
    const texts = items.map(String).filter((item) => item !== '')
    return texts.every((item) => options.pattern?.test(item) ?? true) ? texts : new Misfit()
  })
}

const unitMillis: Readonly<Record<string, number>> = {
  ...{ ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 },
}

/** Milliseconds of a duration such as `250ms`, `10s`, `5m`, `12h`, `7d`; undefined when none. */
export function parseDurationMillis(written: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)$/.exec(written)
  return match ? Math.round(Number(match[1]) * unitMillis[match[2]!]!) : undefined
}

/** A duration such as `10s`; its value is in milliseconds. */
export function duration<
  const Options extends KeyOptions<string> & { readonly min?: string; readonly max?: string },
>(options: Options): Given<Options, number> {
  const min = parseDurationMillis(options.min ?? '0s')!
  const max = parseDurationMillis(options.max ?? '36500d')!
  const range = options.min || options.max ? ` from ${options.min ?? '0s'}` : ''
  const upTo = options.max ? ` to ${options.max}` : ''
  const expects = `a duration such as 250ms, 10s, 5m, 12h or 7d${range}${upTo}`
  return createKey(options, { expects }, (value) => {
    const millis = typeof value === 'string' ? parseDurationMillis(value) : undefined
    return millis !== undefined && millis >= min && millis <= max ? millis : new Misfit()
  })
}

const unitBytes: Readonly<Record<string, number>> = { '': 1, k: 1e3, M: 1e6, G: 1e9, T: 1e12 }

/** Bytes of a size such as `64kB`, `256MB`, `2GiB`, `10GB`; undefined when none. */
export function parseSizeBytes(written: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*([kKMGT]?)(i?)B$/.exec(written)
  if (!match) return undefined
  const prefix = match[2] === 'K' ? 'k' : match[2]!
  const power = ['', 'k', 'M', 'G', 'T'].indexOf(prefix)
  return Math.round(Number(match[1]) * (match[3] ? 1024 ** power : unitBytes[prefix]!))
}

/** A size such as `256MB`; its value is in bytes. */
export function size<
  const Options extends KeyOptions<string> & { readonly min?: string; readonly max?: string },
>(options: Options): Given<Options, number> {
  const min = parseSizeBytes(options.min ?? '0B')!
  const max = parseSizeBytes(options.max ?? '1000TB')!
  const range = options.min || options.max ? ` from ${options.min ?? '0B'}` : ''
  const upTo = options.max ? ` to ${options.max}` : ''
  const expects = `a size such as 64kB, 256MB or 10GB${range}${upTo}`
  return createKey(options, { expects }, (value) => {
    const bytes = typeof value === 'string' ? parseSizeBytes(value) : undefined
    return bytes !== undefined && bytes >= min && bytes <= max ? bytes : new Misfit()
  })
}

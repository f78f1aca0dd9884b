import type { z } from 'zod'

/** The sections that a configuration file may have, whoever reads it. */
export const sectionNames = [
  ...['bus', 'warehouse', 'capture', 'estimate', 'watch', 'log', 'http'],
] as const

/** The settings of one section. */
export interface Section<
  Keys extends Readonly<Record<string, z.ZodType>> = Record<string, z.ZodType>,
> {
  /** One sentence. */
  readonly about: string
  readonly keys: Keys
}

/** A section; its keys are made by `text`, `integer`, `duration` and the like. */
export const section = <const Keys extends Readonly<Record<string, z.ZodType>>>(
  about: string,
  keys: Keys,
): Section<Keys> => ({ about, keys })

export type Sections = Readonly<Record<string, Section>>

/** The values of sections: durations in milliseconds, sizes in bytes. */
export type ConfigOf<S extends Sections> = {
  readonly [Name in keyof S]: {
    readonly [Key in keyof S[Name]['keys']]: z.output<S[Name]['keys'][Key]>
  }
}

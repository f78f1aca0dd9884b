import { statSync } from 'node:fs'
import { err, ok, type Result } from '@goldpan/core'

/** The captures of one site, as named on the command line. */
export interface SiteInput {
  readonly site: string
  readonly paths: readonly string[]
}

const siteCode = /^[A-Za-z0-9][A-Za-z0-9-]{0,31}$/

/** One sentence where inputs name standard input more than once. */
export const standardInputTwice = (paths: readonly string[]): string | undefined =>
  paths.indexOf('-') === paths.lastIndexOf('-')
    ? undefined
    : '- is named twice: standard input can be read once, name a file'

/** The first input that can be read only once: standard input or another pipe. */
export const pipeAmong = (inputs: readonly SiteInput[]): string | undefined =>
  inputs.flatMap(({ paths }) => paths).find(isPipe)

function isPipe(path: string): boolean {
  const stats = path === '-' ? undefined : statSync(path, { throwIfNoEntry: false })
  return path === '-' || (stats !== undefined && !stats.isFile() && !stats.isDirectory())
}

/** Parses `SITE=INPUT` words; inputs of one site go together. The error is one sentence. */
export function parseSiteInputs(words: readonly string[]): Result<SiteInput[], string> {
  const bySite = new Map<string, string[]>()
  const paths: string[] = []
  for (const word of words) {
    const equals = word.indexOf('=')
    const site = word.slice(0, Math.max(equals, 0))
    const path = word.slice(equals + 1)
    if (equals < 0 || path === '') {
      return err(
        `${word} does not say its site: write SITE=INPUT, such as ams=${path || 'ams.pcap'}`,
      )
    }
    if (!siteCode.test(site)) {
      return err(
        `${site || 'nothing'} is no site code: use letters, digits and dashes, such as ams`,
      )
    }
    paths.push(path)
    bySite.set(site, [...(bySite.get(site) ?? []), path])
  }
  const twice = standardInputTwice(paths)
  if (twice !== undefined) return err(twice)
  return ok([...bySite].map(([site, paths]) => ({ site, paths })))
}

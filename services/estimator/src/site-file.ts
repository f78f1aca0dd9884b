import { readFileSync } from 'node:fs'
import { err, ok, type Result } from '@goldpan/core'
import { badLine, type FileError, parseCsv } from './csv-file.ts'

/** A site as `sites.csv` has it. */
export interface Site {
  readonly code: string
  readonly city: string
  readonly country: string
  /** Degrees north. */
  readonly latitude: number
  /** Degrees east. */
  readonly longitude: number
}

/** Reads `code,city,country,latitude,longitude`. */
export function readSites(file: string): Result<Site[], FileError> {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    const { message } = error as Error
    return err({ code: 'UNREADABLE', message: `${file} cannot be read: ${message}` })
  }
  const rows = parseCsv(file, text, ['code'])
  if (!rows.ok) return rows
  const sites: Site[] = []
  for (const { line, field } of rows.value) {
    const latitude = Number(field('latitude') ?? 'none')
    const longitude = Number(field('longitude') ?? 'none')
    const code = field('code')
    if (code === undefined) return err(badLine(file, line, 'the site has no code'))
    if (!(Math.abs(latitude) <= 90) || !(Math.abs(longitude) <= 180)) {
      return err(badLine(file, line, `${code} is at no latitude and longitude in degrees`))
    }
    sites.push({
      code,
      city: field('city') ?? '',
      country: field('country') ?? '',
      latitude,
      longitude,
    })
  }
  return ok(sites)
}

import { readFileSync } from 'node:fs'
import { err, explainUnreadable, ok, type Result } from '@goldpan/core'
import { badLine, type CsvRow, type FileError, parseCsv } from '@goldpan/runtime/csv-file'

/** A site as `sites.csv` has it. */
export interface Site {
  readonly code: string
  readonly city: string
  readonly country: string
  /** Degrees north. */
  readonly latitude: number
  /** Degrees east. */
  readonly longitude: number
  /** `local` sites serve their surroundings only: no alternative for others. Absent: global. */
  readonly reach?: 'global' | 'local'
  /** IP versions that the site announces; absent: both. */
  readonly families?: '4' | '6' | '46'
  /** Whether a sensor is there; absent: not said. */
  readonly instrumented?: boolean
}

const reaches = ['global', 'local'] as const
const truths: Readonly<Record<string, boolean>> = {
  ...{ true: true, yes: true, '1': true },
  ...{ false: false, no: false, '0': false },
}
const families: Readonly<Record<string, Site['families']>> = { '4': '4', '6': '6', '46': '46' }

/** Reads `code,city,country,latitude,longitude` and, if there, reach, families, instrumented. */
export function readSites(file: string): Result<Site[], FileError> {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    return err({ code: 'UNREADABLE', message: explainUnreadable(file, error) })
  }
  const rows = parseCsv(file, text, ['code'])
  if (!rows.ok) return rows
  const sites: Site[] = []
  for (const row of rows.value) {
    const site = toSite(row)
    if (typeof site === 'string') return err(badLine(file, row.line, site))
    if (sites.some(({ code }) => code === site.code)) {
      return err(badLine(file, row.line, `${site.code} is there already`))
    }
    sites.push(site)
  }
  return ok(sites)
}

/** The site of a row, or what is wrong with it. */
function toSite({ field }: CsvRow): Site | string {
  const code = field('code')
  if (code === undefined) return 'the site has no code'
  const latitude = Number(field('latitude') ?? 'none')
  const longitude = Number(field('longitude') ?? 'none')
  if (!(Math.abs(latitude) <= 90) || !(Math.abs(longitude) <= 180)) {
    return `${code} is at no latitude and longitude in degrees`
  }
  const site = {
    ...{ code, latitude, longitude },
    ...{ city: field('city') ?? '', country: field('country') ?? '' },
  }
  const more = optionsOf(field)
  return typeof more === 'string' ? `${more} of ${code}` : { ...site, ...more }
}

function optionsOf(
  field: CsvRow['field'],
): Pick<Site, 'reach' | 'families' | 'instrumented'> | string {
  const reach = reaches.find((word) => word === (field('reach')?.toLowerCase() ?? 'global'))
  if (!reach) return `${field('reach')} is no reach (global or local)`
  const family = families[field('families') ?? '46']
  if (!family) return `${field('families')} are no families (4, 6 or 46)`
  const word = field('instrumented')?.toLowerCase()
  const instrumented = word === undefined ? undefined : truths[word]
  if (word !== undefined && instrumented === undefined) {
    return `${word} is no answer to instrumented (true or false)`
  }
  return {
    ...(field('reach') === undefined ? {} : { reach }),
    ...(field('families') === undefined ? {} : { families: family }),
    ...(instrumented === undefined ? {} : { instrumented }),
  }
}

import { err, ok, type Result } from '@goldpan/core'
import { parse } from 'csv-parse/sync'

/** A file of an operator that cannot be used. */
export interface FileError {
  readonly code: 'UNREADABLE' | 'BAD_FILE'
  /** One sentence: what, where, what to do. */
  readonly message: string
}

export interface CsvRow {
  readonly line: number
  readonly field: (column: string) => string | undefined
}

/** Reads an RFC 4180 table with a header line; columns are found by name, empty ones absent. */
export function parseCsv(
  name: string,
  text: string,
  columns: readonly string[],
): Result<CsvRow[], FileError> {
  let records: { record: string[]; info: { lines: number } }[]
  try {
    records = parse(text, { info: true, bom: true, skip_empty_lines: true, trim: true }) as never
  } catch (error) {
    const { message } = error as Error
    return err({ code: 'BAD_FILE', message: `${name} is no CSV table: ${message}` })
  }
  const header = records[0]?.record.map((title) => title.toLowerCase()) ?? []
  const missing = columns.filter((column) => !header.includes(column))
  if (missing.length > 0) {
    return err({
      code: 'BAD_FILE',
      message: `${name} line 1 lacks the column ${missing.join(', ')}: its header must name it`,
    })
  }
  return ok(
    records.slice(1).map(({ record, info }) => ({
      line: info.lines,
      field: (column) => record[header.indexOf(column)] || undefined,
    })),
  )
}

/** Errors of one line, all in the same words. */
export const badLine = (name: string, line: number, what: string): FileError => ({
  code: 'BAD_FILE',
  message: `${name} line ${line}: ${what}; mend the line or leave it out`,
})

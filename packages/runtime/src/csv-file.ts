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
  const rows: CsvRow[] = []
  const problem = visitCsv(name, text, columns, (row) => {
    rows.push(row)
    return undefined
  })
  return problem ? err(problem) : ok(rows)
}

/**
 * The same, row after row, none of which is kept: a file of networks has a million. What `visit`
 * returns is the problem of the file.
 */
export function visitCsv(
  name: string,
  text: string,
  columns: readonly string[],
  visit: (row: CsvRow) => FileError | undefined,
): FileError | undefined {
  let places: Map<string, number> | undefined
  let problem: FileError | undefined
  const onRecord = ({ record, info }: { record: string[]; info: { lines: number } }): void => {
    if (problem) return
    if (places) {
      const found = places
      const field = (column: string) => record[found.get(column) ?? -1] || undefined
      problem = visit({ line: info.lines, field })
      return
    }
    places = new Map(record.map((title, place) => [title.toLowerCase(), place] as const).reverse())
    problem = missingColumns(name, places, columns)
  }
  const options = { info: true, bom: true, skip_empty_lines: true, trim: true }
  try {
    parse(text, { ...options, on_record: onRecord as never })
  } catch (error) {
    const { message } = error as Error
    return { code: 'BAD_FILE', message: `${name} is no CSV table: ${message}` }
  }
  return problem ?? (places ? undefined : missingColumns(name, new Map(), columns))
}

function missingColumns(
  name: string,
  places: ReadonlyMap<string, number>,
  columns: readonly string[],
): FileError | undefined {
  const missing = columns.filter((column) => !places.has(column))
  if (missing.length === 0) return undefined
  return {
    code: 'BAD_FILE',
    message: `${name} line 1 lacks the column ${missing.join(', ')}: its header must name it`,
  }
}

/** Errors of one line, all in the same words. */
export const badLine = (name: string, line: number, what: string): FileError => ({
  code: 'BAD_FILE',
  message: `${name} line ${line}: ${what}; mend the line or leave it out`,
})

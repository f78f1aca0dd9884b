/** Aligned tables for a terminal. */

export interface TextColumn {
  readonly title: string
  readonly align: 'left' | 'right'
}

/** Columns by their titles; those named are left-aligned. */
export const textColumns = (titles: readonly string[], left: readonly string[]): TextColumn[] =>
  titles.map((title) => ({ title, align: left.includes(title) ? 'left' : 'right' }))

/** Lines of a table: a header, then the rows; columns are as wide as their widest cell. */
export function formatTable(
  columns: readonly TextColumn[],
  rows: readonly (readonly string[])[],
): string[] {
  const safe = rows.map((row) => row.map(printable))
  const widths = columns.map(({ title }, index) =>
    safe.reduce((width, row) => Math.max(width, row[index]!.length), title.length),
  )
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, index) =>
        columns[index]!.align === 'left'
          ? cell.padEnd(widths[index]!)
          : cell.padStart(widths[index]!),
      )
      .join('  ')
      .trimEnd()
  return [line(columns.map(({ title }) => title)), ...safe.map(line)]
}

/** Text without control characters: a name in a file must not steer the terminal. */
export const printable = (text: string): string => text.replaceAll(/\p{C}/gu, '�')

/** At most so many characters; what is cut off ends in an ellipsis. */
export const shorten = (text: string, lengthMax: number): string =>
  text.length <= lengthMax ? text : `${text.slice(0, lengthMax - 1)}…`

/** A count with separators: `1,234,567`. */
export const formatCount = (count: number): string => Math.round(count).toLocaleString('en-US')

/** A count that may not have been taken: none is a dash. */
export const formatSome = (count: number): string => (count === 0 ? '–' : formatCount(count))

/** Microseconds as milliseconds with as many digits as mean something. */
export function formatMillis(micros: number): string {
  const millis = micros / 1000
  return millis < 10 ? millis.toFixed(2) : millis < 100 ? millis.toFixed(1) : millis.toFixed(0)
}

/** A share as percent; `–` of nothing; never rounded up to all. */
export function formatShare(part: number, whole: number): string {
  if (whole === 0) return '–'
  if (part === whole) return '100 %'
  return `${(Math.floor((1000 * part) / whole) / 10).toFixed(1)} %`
}

/** Bytes with a unit that suits them; none is a dash. */
export function formatBytes(bytes: number): string {
  if (bytes === 0) return '–'
  if (bytes < 1e6) return `${(bytes / 1e3).toFixed(1)} kB`
  return bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(2)} GB`
}

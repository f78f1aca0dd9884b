/** Aligned tables for a terminal. */

export interface TextColumn {
  readonly title: string
  readonly align: 'left' | 'right'
}

/** Lines of a table: a header, then the rows; columns are as wide as their widest cell. */
export function formatTable(
  columns: readonly TextColumn[],
  rows: readonly (readonly string[])[],
): string[] {
  const widths = columns.map(({ title }, index) =>
    Math.max(title.length, ...rows.map((row) => row[index]!.length)),
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
  return [line(columns.map(({ title }) => title)), ...rows.map(line)]
}

/** A count with separators: `1,234,567`. */
export const formatCount = (count: number): string => Math.round(count).toLocaleString('en-US')

/** Microseconds as milliseconds with as many digits as mean something. */
export function formatMillis(micros: number): string {
  const millis = micros / 1000
  return millis < 10 ? millis.toFixed(2) : millis < 100 ? millis.toFixed(1) : millis.toFixed(0)
}

/** A share as percent; `–` of nothing. */
export const formatShare = (part: number, whole: number): string =>
  whole === 0 ? '–' : `${((100 * part) / whole).toFixed(part === whole ? 0 : 1)} %`

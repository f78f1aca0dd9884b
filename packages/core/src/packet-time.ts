/**
 * Packet times: microseconds since 1970 as Numbers (exact until the year 2255), as text RFC 3339.
 */

/** RFC 3339 UTC with microseconds: `2026-01-01T00:00:00.000001Z`. */
export function formatPacketTime(micros: number): string {
  const seconds = Math.floor(micros / 1e6)
  const fraction = String(micros - seconds * 1e6).padStart(6, '0')
  return `${new Date(seconds * 1000).toISOString().slice(0, 19)}.${fraction}Z`
}

const pattern = /^(\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)$/

/** Microseconds of an RFC 3339 time (rounded down), or undefined when the text is none. */
export function parsePacketTime(text: string): number | undefined {
  const match = pattern.exec(text)
  if (!match) return undefined
  const millis = Date.parse(`${match[1]!.replace(' ', 'T')}${match[3]}`)
  if (Number.isNaN(millis)) return undefined
  return millis * 1000 + Number((match[2] ?? '').padEnd(6, '0').slice(0, 6))
}

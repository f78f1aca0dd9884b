const unitSeconds: Readonly<Record<string, number>> = { m: 60, h: 3600, d: 86_400, w: 604_800 }

/** Microseconds of a duration; Infinity without one; undefined when it is none. */
export function parseDurationMicros(text: string | undefined): number | undefined {
  if (text === undefined) return Number.POSITIVE_INFINITY
  const match = /^(\d+)([mhdw])$/.exec(text)
  return match ? Number(match[1]) * unitSeconds[match[2]!]! * 1e6 : undefined
}

export const noDuration = (text: string | undefined): string =>
  `${text} is no duration: write a number and m, h, d or w, such as 7d`

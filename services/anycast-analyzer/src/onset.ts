/** When a group of prefixes moved, from when each was last seen at home and first seen away. */

export interface Departure {
  /** Last minute at home. */
  readonly lastHome: number
  /** First minute of the unbroken run away. */
  readonly firstAway: number
  readonly weight: number
}

/**
 * The minute in which most of the weight can have left: last seen at home at or before it, first
 * seen away at or after it. Where a span of minutes fits equally well (clients that ask seldom),
 * its end counts: the first minute in which one of them was really seen away.
 */
export function onsetMinute(departures: readonly Departure[]): number | undefined {
  const edges = departures.flatMap(({ lastHome, firstAway, weight }) => [
    { minute: lastHome, change: weight },
    { minute: firstAway + 1, change: -weight },
  ])
  edges.sort((left, right) => left.minute - right.minute || left.change - right.change)
  let weight = 0
  let most = 0
  let onset: number | undefined
  for (const [index, edge] of edges.entries()) {
    weight += edge.change
    if (edges[index + 1]?.minute === edge.minute) continue
    if (weight >= most * (1 - 1e-9) && weight > 0) {
      most = weight
      // The heaviest span ends where the first of its clients was seen away.
      onset = edges[index + 1]!.minute - 1
    }
  }
  return onset
}

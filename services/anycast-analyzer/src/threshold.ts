/**
 * What the detectors go by. Shares and milliseconds are DESIGN §9; the rest is what statistics
 * asks for, never what one world happened to look like.
 */

/** Share of a network's queries at one site that makes it polarized. */
export const polarizedShare = 0.8
/** A polarized network is released when its share at the site falls below. */
export const releasedShare = 0.6
/** Share of the queries that must have an excess of {@link farMicros}. */
export const goodPart = 0.2
/** Farther means at least so much more, microseconds. */
export const farMicros = 20_000
/** Share of the clients' weight that must have moved. */
export const movedShare = 0.5
/** What belongs to an onset lies at most so many minutes before it: a few clients are the first. */
export const earlyMinutes = 2
/** A move is over when less than this share of its clients is still away. */
export const awayShareResolved = 0.3
/**
 * Whole minutes over which a move, or a site's silence, is judged: a move that has lasted so long
 * is told. The onset is exact whenever it is told.
 */
export const lastedMinutes = 3
/** Clients that have been there before within the day may be flapping: they must stay longer. */
export const toldAgainAfterMinutes = 30
/**
 * Clients that were known for less than this may be flapping since before the data: they must stay
 * away longer than they were at home.
 */
export const knownHomeMinutes = 10
/** Clients that are back so soon after they left have swung, whatever they do later. */
export const swingMinutes = 10
/** Most of a finding's clients left so often, within so many minutes of its onset: they flap. */
export const flappingDepartures = [
  { departures: 2, minutes: 60 },
  { departures: 3, minutes: 360 },
] as const
/** Minutes that a state must have been over before a finding is resolved. */
export const overMinutes = 10
/** What stands is judged after so many minutes of data, and again at this distance. */
export const standingMinutes = 60
export const standingEveryMinutes = 15
/** Fewer RTTs support no statement: below 6 a median has no 95 % interval (2 · 0.5^6 = 3 %). */
export const samplesMin = 10
export const prefixesMin = 2
/** What stands has time to gather more: its verdict rests on neighbours, not on its own past. */
export const standingSamplesMin = 30
/**
 * Below so much weight a second nobody is woken: clients that are seen a few times in ten minutes
 * cannot be told from those that were not yet seen back at home. They make a note, until enough of
 * them were seen again.
 */
export const alarmWeightMin = 0.1
/** One network is an anecdote about what neighbours reach. */
export const neighbourNetworksMin = 2
/** RTTs of one network at one site that make it a neighbour. */
export const neighbourSamplesMin = 3
/** Excess that speaks for a network of no more than two countries (that of a bad catchment). */
export const badCatchmentMicros = 50_000
/** Share of prefixes whose country is wrong: country databases err in about one of a hundred. */
export const wrongCountryShare = 0.02
/** Two halves of one cause are reported with onsets at most this far apart, minutes. */
export const sameOnsetMinutes = 10

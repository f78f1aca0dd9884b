import type { CaptureFacts, Report } from './report.ts'
import { type HandshakeRtts, samplesMin } from './rtt-bins.ts'
import type { WeightedQuantiles } from './weighted-median.ts'

/** Words that text and page share. */

export interface CaptureWarning {
  /** `grave`: numbers below may mislead; `hint`: something was passed over. */
  readonly weight: 'grave' | 'hint'
  readonly text: string
}

/** Servers of one site and direction that are named; the rest is counted. */
const serversNamed = 3

/** What a reader must know of the captures before the numbers. */
export function captureWarnings(captures: readonly CaptureFacts[]): CaptureWarning[] {
  return captures.flatMap((capture) => [
    ...(capture.isTakenAtClient
      ? [grave(`${capture.site}: captured at the client, its RTTs are not those of your clients`)]
      : []),
    ...capture.damages.map((damage) => grave(`${capture.site}: ${damage}`)),
    ...(['inbound only', 'outbound only'] as const).flatMap((direction) =>
      halfSeen(capture, direction),
    ),
    ...capture.notes.map((note) => ({ weight: 'hint' as const, text: `${capture.site}: ${note}` })),
  ])
}

const grave = (text: string): CaptureWarning => ({ weight: 'grave', text })

function halfSeen(
  { site, servers }: CaptureFacts,
  direction: 'inbound only' | 'outbound only',
): CaptureWarning[] {
  const addresses = servers.filter((server) => server.direction === direction)
  if (addresses.length === 0) return []
  const named = addresses.slice(0, serversNamed).map(({ address }) => address)
  const more = addresses.length - named.length
  const missing = direction === 'inbound only' ? 'answers' : 'packets of clients'
  return [
    grave(
      `${site}: ${direction} for server ${named.join(', ')}${more > 0 ? ` and ${more} more` : ''}` +
        `: the capture lacks the ${missing}, mirror both directions`,
    ),
  ]
}

/** What silence does not mean where nothing is known of the clients' networks. */
export const withoutNetworks =
  'Without --networks FILE no AS and no country is known: nothing can be found, ' +
  'for every finding speaks of one of them.'

/** Without a handshake, silence is no good news. */
export const isUnmeasured = ({ coverage, findings }: Report): boolean =>
  findings.length === 0 && coverage.every(({ handshakes }) => handshakes === 0)

/** A span of time in words: `24 h`, `6 min`. */
export function describeDuration(micros: number): string {
  const minutes = Math.round(micros / 60e6)
  if (minutes < 1) return `${Math.max(1, Math.round(micros / 1e6))} s`
  if (minutes < 120) return `${minutes} min`
  if (minutes < 72 * 60) return `${Number((minutes / 60).toFixed(1))} h`
  return `${Number((minutes / 1440).toFixed(1))} days`
}

/** What a row of quantiles shows: over prefixes where these are enough, else over handshakes. */
export interface ShownRtts extends WeightedQuantiles {
  readonly over: 'prefixes' | 'handshakes'
}

/** Undefined where both are too few. */
export function shownRtts(
  rtt: WeightedQuantiles | undefined,
  handshakes: HandshakeRtts | undefined,
): ShownRtts | undefined {
  if (rtt && rtt.n >= samplesMin) return { ...rtt, over: 'prefixes' }
  if (!handshakes || handshakes.handshakes < samplesMin) return undefined
  const { p25, p50, p75, p95 } = handshakes
  const median = { p50: p50.micros, low: p50.lowMicros, high: p50.highMicros, n: p50.n }
  return { p25, p75, p95, ...median, over: 'handshakes' }
}

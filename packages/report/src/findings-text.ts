import type { Finding } from '@goldpan/core'
import { formatCount, formatMillis, printable } from './text-table.ts'

const red = 31
const yellow = 33
const cyan = 36
const severityColour: Readonly<Record<Finding['severity'], number>> = {
  page: red,
  ticket: yellow,
  note: cyan,
}

const paint = (text: string, colour: number, enabled: boolean): string =>
  enabled ? `\x1b[1;${colour}m${text}\x1b[0m` : text

export interface FindingsTextOptions {
  readonly colour: boolean
  /** Names of networks by AS number, as far as known. */
  readonly networkNames?: ReadonlyMap<number, string>
}

/** Findings, worst first as given: a sentence each, then its numbers. */
export function formatFindingsText(
  findings: readonly Finding[],
  options: FindingsTextOptions,
): string {
  if (findings.length === 0) return 'Nothing is wrong that the data can show.\n'
  return findings.map((finding) => formatFinding(finding, options)).join('\n')
}

/** `2026-01-01 09:30 UTC` of a packet time in text. */
const shortTime = (time: string): string => `${time.slice(0, 16).replace('T', ' ')} UTC`

function namesOf({ scope }: Finding, names: ReadonlyMap<number, string> | undefined): string[] {
  const known = scope.asns.filter((asn) => names?.has(asn))
  if (known.length === 0) return []
  return [`  ${known.map((asn) => printable(`AS${asn}: ${names!.get(asn)}`)).join(', ')}`]
}

function formatFinding(finding: Finding, { colour, networkNames }: FindingsTextOptions): string {
  const heading = paint(finding.severity.toUpperCase(), severityColour[finding.severity], colour)
  const family = finding.ip_version === undefined ? '' : ` IPv${finding.ip_version}`
  const since = finding.standing
    ? 'standing since the data began'
    : `since ${shortTime(finding.onset ?? '')}`
  const end = finding.resolved === undefined ? '' : ` until ${shortTime(finding.resolved)}`
  const rtts = [
    finding.rtt_before_us === undefined ? '' : `before ${formatMillis(finding.rtt_before_us)} ms, `,
    `now ${formatMillis(finding.rtt_now_us)} ms`,
    finding.rtt_possible_us === undefined
      ? ''
      : `, possible ${formatMillis(finding.rtt_possible_us)} ms` +
        (finding.possible_source === undefined ? '' : ` (${finding.possible_source})`),
  ].join('')
  return [
    `${heading}  ${finding.kind}${family}, ${finding.state}, ${since}${end}`,
    `  ${printable(finding.sentence)}`,
    ...namesOf(finding, networkNames),
    `  RTT ${rtts}; ${finding.queries_per_second.toFixed(1)} ${finding.weight}/s, ` +
      `excess ${finding.excess_ms.toFixed(1)} ms, lost time ${formatCount(finding.lost_time)} ms/s`,
    `  from ${formatCount(finding.samples)} handshakes of ` +
      `${formatCount(finding.prefixes_measured)} prefixes; id ${finding.id}`,
    '',
  ].join('\n')
}

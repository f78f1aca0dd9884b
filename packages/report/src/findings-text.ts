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

/** Findings, worst first as given: a sentence each, then its numbers. */
export function formatFindingsText(
  findings: readonly Finding[],
  { colour }: { readonly colour: boolean },
): string {
  if (findings.length === 0) return 'Nothing is wrong that the data can show.\n'
  return findings.map((finding) => formatFinding(finding, colour)).join('\n')
}

function formatFinding(finding: Finding, colour: boolean): string {
  const heading = paint(finding.severity.toUpperCase(), severityColour[finding.severity], colour)
  const family = finding.ip_version === undefined ? '' : ` IPv${finding.ip_version}`
  const since = finding.standing ? 'standing since the data began' : `since ${finding.onset}`
  const end = finding.resolved === undefined ? '' : ` until ${finding.resolved}`
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
    `  RTT ${rtts}; ${finding.queries_per_second.toFixed(1)} ${finding.weight}/s, ` +
      `excess ${finding.excess_ms.toFixed(1)} ms, lost time ${formatCount(finding.lost_time)} ms/s`,
    `  from ${formatCount(finding.samples)} handshakes of ` +
      `${formatCount(finding.prefixes_measured)} prefixes; id ${finding.id}`,
    '',
  ].join('\n')
}

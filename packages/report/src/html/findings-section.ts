import { type Finding, parsePacketTime } from '@goldpan/core'
import type { Report } from '../report.ts'
import { captureWarnings, isUnmeasured, withoutNetworks } from '../report-words.ts'
import { formatCount, formatMillis } from '../text-table.ts'
import { evidenceFigure } from './evidence-figure.ts'
import { html, type Markup } from './markup.ts'
import { type Charts, shortTimeText, versionLabel, wordsOf } from './page-words.ts'

/** Findings with a card of their own at most; the rest is counted. */
const cardsMax = 60

/** What is wrong, first of all. */
export function findingsSection(report: Report, charts: Charts): Markup {
  const { findings } = report
  const cards = findings.slice(0, cardsMax).map((finding) => card(finding, report, charts))
  const more = findings.length - cards.length
  return html`<section id="findings" aria-labelledby="findings-title">
<h2 id="findings-title">What is wrong</h2>
${verdict(report)}
${!report.hasNetworks && !isUnmeasured(report) && html`<p class="warning">${withoutNetworks}</p>`}
${captureWarnings(report.captures)
  .filter(({ weight }) => weight === 'grave')
  .map(({ text }) => html`<p class="warning"><b>Mind the input.</b> ${text}</p>`)}
${cards}
${more > 0 && html`<p>${formatCount(more)} more: <code>goldpan findings</code> lists them all.</p>`}
</section>`
}

function verdict(report: Report): Markup {
  const { findings } = report
  if (isUnmeasured(report)) {
    return html`<p class="verdict calm">No handshake was measured: nothing can be said.</p>`
  }
  if (findings.length === 0) {
    const tone = report.hasNetworks ? 'good' : 'calm'
    return html`<p class="verdict ${tone}">Nothing is wrong that the data can show.</p>`
  }
  const counts = (['page', 'ticket', 'note'] as const)
    .map((severity) => ({
      severity,
      count: findings.filter((finding) => finding.severity === severity).length,
    }))
    .filter(({ count }) => count > 0)
  const incidents = new Set(findings.map(({ incident }) => incident)).size
  const plural = (count: number, word: string): string =>
    `${formatCount(count)} ${word}${count === 1 ? '' : 's'}`
  return html`<p class="verdict">${plural(findings.length, 'finding')} of
${plural(incidents, 'incident')}: ${counts.map(
    ({ severity, count }) => html`<span class="severity ${severity}">${count} ${severity}</span> `,
  )}</p>`
}

function card(finding: Finding, report: Report, charts: Charts): Markup {
  const { severity, kind, state, ip_version: version, sentence, id } = finding
  const [asn] = finding.scope.asns
  const name = asn === undefined ? undefined : report.networkNames.get(asn)
  const subject = name !== undefined && html` <span class="subject">${name}</span>`
  const evidence = report.evidence.find((each) => each.id === id)
  return html`<article class="finding ${severity}" id="finding-${id}">
<header><span class="severity ${severity}">${severity}</span>
<h3>${wordsOf(kind)}${subject}</h3>${version !== undefined && versionLabel(version)}
<span class="when">${when(finding)}${state !== 'open' && ` · ${state}`}</span></header>
<p class="sentence">${readable(sentence)}</p>
<div class="evidence">
<div>${rttBars(finding)}${numbers(finding)}</div>
${evidence && evidenceFigure({ finding, evidence, report, charts })}
</div>
${scope(finding, report)}
</article>`
}

/** A sentence may hold whole packet times: minutes are enough to read. */
const readable = (sentence: string): string =>
  sentence.replaceAll(/(\d{4}-\d\d-\d\d)T(\d\d:\d\d):[\d.]+Z/g, '$1 $2 UTC')

function when({ standing, onset, resolved }: Finding): string {
  const since =
    standing || onset === undefined
      ? 'standing since the data began'
      : `since ${shortTimeText(onset)} UTC`
  return resolved === undefined ? since : `${since} until ${shortTimeText(resolved)} UTC`
}

function rttBars(finding: Finding): Markup {
  const source = finding.possible_source
  const bars = [
    { name: 'before', micros: finding.rtt_before_us, tone: 'past' },
    { name: 'now', micros: finding.rtt_now_us, tone: 'now' },
    {
      name: source === undefined ? 'possible' : `possible (${source})`,
      micros: finding.rtt_possible_us,
      tone: 'past',
    },
  ].filter(({ micros }) => micros !== undefined)
  const longest = Math.max(1, ...bars.map(({ micros }) => micros!))
  return html`<table class="bars"><caption>Median RTT of these clients, by their queries</caption>
${bars.map(
  ({ name, micros, tone }) => html`<tr><th scope="row">${name}</th>
<td><span class="bar ${tone}" style="width:${barWidth(micros! / longest)}"></span>
<b>${formatMillis(micros!)} ms</b></td></tr>`,
)}</table>`
}

/** What the number beside the longest bar leaves. */
const barWidth = (share: number): string => `calc((100% - 5.5rem) * ${share.toFixed(3)})`

function numbers(finding: Finding): Markup {
  const perSecond = finding.queries_per_second
  const entries: readonly (readonly [string, string])[] = [
    ['lost time', `${formatCount(finding.lost_time)} ms/s`],
    [`${finding.weight} affected`, `${perSecond.toFixed(perSecond < 10 ? 2 : 0)}/s`],
    ['excess', `${finding.excess_ms.toFixed(1)} ms each`],
    [
      'measured by',
      `${formatCount(finding.samples)} handshakes, ` +
        `${formatCount(finding.prefixes_measured)} prefixes`,
    ],
    ...((finding.unmeasured_queries_per_second ?? 0) < 0.005
      ? []
      : [
          ['unmeasured', `${finding.unmeasured_queries_per_second!.toFixed(2)} queries/s`] as const,
        ]),
  ]
  return html`<dl class="numbers">${entries.map(
    ([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`,
  )}</dl>`
}

function scope(finding: Finding, { networkNames }: Report): Markup {
  const { asns, countries, prefixes } = finding.scope
  const route = [finding.site_from, finding.site_to].filter((site) => site !== undefined)
  const facts = [
    asns.length > 0 &&
      html`<span><i>Networks</i> ${asns
        .map((asn) => (networkNames.has(asn) ? `${networkNames.get(asn)} (AS${asn})` : `AS${asn}`))
        .join(', ')}</span>`,
    countries.length > 0 && html`<span><i>Countries</i> ${countries.join(', ')}</span>`,
    route.length > 0 && html`<span><i>Served by</i> ${route.join(' → ')}</span>`,
  ]
  const opened = parsePacketTime(finding.opened) === undefined ? '' : shortTimeText(finding.opened)
  return html`<p class="scope">${facts}</p>
<details><summary>Prefixes and identity</summary>
<p class="prefixes">${prefixes.map((prefix) => html`<code>${prefix}</code> `)}</p>
<p class="identity">id <code>${finding.id}</code>, incident <code>${finding.incident}</code>,
told at ${opened} UTC</p></details>`
}

/** Packet times at which something began at a site. */
export function onsetsAt(findings: readonly Finding[], site: string): number[] {
  const times = findings
    .filter(({ site_from, site_to }) => site === site_from || site === site_to)
    .flatMap(({ onset }) => (onset === undefined ? [] : (parsePacketTime(onset) ?? [])))
  return [...new Set(times)]
}

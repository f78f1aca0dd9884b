import { readFileSync } from 'node:fs'
import type { Report } from '../report.ts'
import { describeDuration } from '../report-words.ts'
import { formatCount } from '../text-table.ts'
import { coverageSection } from './coverage-section.ts'
import { findingsSection } from './findings-section.ts'
import { inputsSection } from './inputs-section.ts'
import { html, Markup } from './markup.ts'
import { networksSection } from './networks-section.ts'
import { shortTime } from './page-words.ts'
import { siteCardsSection } from './site-cards-section.ts'
import { sitesSection } from './sites-section.ts'

const styleOf = (): Markup =>
  Markup.trusted(readFileSync(new URL('./report.css', import.meta.url), 'utf8'))

const contentPolicy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"

/** The report as one page that needs nothing else: no script, no network, prints as it is. */
export async function formatReportHtml(report: Report): Promise<string> {
  const charts = await import('../chart/charts.ts')
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="${contentPolicy}">
<title>${report.service}: anycast latency, ${shortTime(report.fromMicros)}</title>
<link rel="icon" href="data:,">
<style>${styleOf()}</style>
</head>
<body>
<a class="skip" href="#findings">Skip to the findings</a>
<header>${header(report)}</header>
<main>
${findingsSection(report, charts)}
${sitesSection(report, charts)}
${siteCardsSection(report, charts)}
${networksSection(report, charts)}
${coverageSection(report)}
${inputsSection(report)}
</main>
<footer>${footer()}</footer>
</body>
</html>
`
  return page.toString()
}

function header(report: Report): Markup {
  const { service, fromMicros, toMicros, coverage } = report
  const sum = (pick: (row: Report['coverage'][number]) => number): number =>
    coverage.reduce((total, row) => total + pick(row), 0)
  const queries = sum((row) => row.queries)
  const sites = new Set(report.captures.map(({ site }) => site)).size
  const figures: readonly (readonly [string, string])[] = [
    [formatCount(sum(({ handshakes }) => handshakes)), 'handshakes measured'],
    ...(queries > 0 ? [[formatCount(queries), 'queries counted'] as const] : []),
    [formatCount(sites), sites === 1 ? 'site' : 'sites'],
    [formatCount(sum(({ prefixes }) => prefixes)), 'client prefixes'],
    ...(report.hasNetworks ? [[networkCount(report), 'networks'] as const] : []),
  ]
  const span =
    toMicros > fromMicros
      ? html`${shortTime(fromMicros)} to ${shortTime(toMicros)} UTC ·
${describeDuration(toMicros - fromMicros)}`
      : html`nothing was read that has a time`
  return html`<p class="brand">Goldpan <span>anycast latency report</span></p>
<h1>${service}</h1>
<p class="span">${span}</p>
<dl class="figures">${figures.map(
    ([figure, name]) => html`<div><dt>${name}</dt><dd>${figure}</dd></div>`,
  )}</dl>`
}

/** An AS has IPv4 and IPv6 clients; the larger number of the two is certain. */
const networkCount = ({ coverage }: Report): string =>
  formatCount(Math.max(0, ...coverage.map(({ networks }) => networks)))

const footer = (): Markup => html`<h2>How to read this</h2>
<dl class="words">
<div><dt>RTT</dt>
<dd>time from the SYN-ACK of the server to the ACK of the client that answers it, by packet
times: network only, no DNS processing.</dd></div>
<div><dt>Median over prefixes</dt>
<dd>each client prefix (/24, /48) enters with its own median and as much weight as it has
queries, so that one busy client does not speak for all.</dd></div>
<div><dt>95 %</dt>
<dd>the true median lies in this interval with 95 % confidence, whatever the shape of the
distribution; <i>n</i> is how many samples it rests on. Fewer than ten say nothing.</dd></div>
<div><dt>Excess</dt>
<dd>RTT now minus the RTT that the same clients could have.
<b>Lost time</b>: queries per second × excess.</dd></div>
</dl>
<p>Made by Goldpan from the handshakes that the name servers saw anyway. No probes.</p>`

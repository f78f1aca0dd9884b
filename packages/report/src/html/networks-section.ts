import type { NetworkRow, Report } from '../report.ts'
import { shownRtts } from '../report-words.ts'
import { formatCount, formatSome, shorten } from '../text-table.ts'
import { html, type Markup } from './markup.ts'
import {
  type Charts,
  figure,
  heads,
  responsive,
  rttCells,
  rttHeads,
  table,
  versionLabel,
} from './page-words.ts'
import { intervalLegend, narrowWidth, wideWidth } from './sites-section.ts'

/** Networks that are drawn; the table has all that the report has. */
const drawnMax = 12
const sitesNamed = 2

/** The heaviest networks: what their clients get, and where. */
export function networksSection(report: Report, charts: Charts): Markup {
  const { networks, weight, hasNetworks, sites } = report
  if (sites.length === 0) return html``
  const title = html`<h2 id="networks-title">Networks with most ${weight}</h2>`
  if (networks.length === 0) {
    const why = hasNetworks
      ? html`No prefix of the captures is in the networks files.`
      : html`Unknown: give <code>--networks FILE</code> (GeoLite2 or IPinfo MMDB,
CAIDA pfx2as, or CSV) and this table names the ASes.`
    return html`<section aria-labelledby="networks-title">${title}
<p class="few">${why}</p></section>`
  }
  return html`<section aria-labelledby="networks-title">${title}
<p class="lead">Over client prefixes, each weighted by its ${weight}; a prefix counts at each of its
sites. Networks with fewer than ten prefixes: over handshakes, marked h.</p>
${chart(networks, charts)}
${table(
  `Networks with most ${weight}`,
  heads(['AS|', 'IP|', 'queries', 'handshakes', ...rttHeads, 'sites|']),
  networks.map(tableRow),
)}
</section>`
}

const nameCell = ({ asn, name }: NetworkRow): Markup =>
  name === '' ? html`AS${asn}` : html`${name}<small>AS${asn}</small>`

const tableRow = (row: NetworkRow): Markup => html`<tr>
<th scope="row" class="network">${nameCell(row)}</th>
<td class="text">${versionLabel(row.ipVersion)}</td>
<td>${formatSome(row.queries)}</td><td>${formatCount(row.handshakes)}</td>
${rttCells(row.rtt, row.handshakeRtt)}<td class="text shares">${siteShares(row)}</td></tr>`

function siteShares({ sites, queries, handshakes }: NetworkRow): Markup {
  const whole = Math.max(1, queries > 0 ? queries : handshakes)
  const named = sites.slice(0, sitesNamed).map((site) => {
    const share = (100 * (queries > 0 ? site.queries : site.handshakes)) / whole
    return html`<span>${site.site} ${Math.round(share)} %</span> `
  })
  const more = sites.length - named.length
  return html`${named}${more > 0 && html`<small>+${more}</small>`}`
}

function chart(networks: readonly NetworkRow[], charts: Charts): Markup {
  const asns = [...new Set(networks.map(({ asn }) => asn))].slice(0, drawnMax)
  const rows = (lengthMax: number) =>
    asns
      .map((asn) => {
        const own = networks.filter((row) => row.asn === asn)
        return {
          label: shorten(own[0]!.name || `AS${asn}`, lengthMax),
          rtts: own.flatMap(({ ipVersion, rtt, handshakeRtt }) => {
            const shown = shownRtts(rtt, handshakeRtt)
            return shown ? [{ ipVersion, rtt: shown }] : []
          }),
        }
      })
      .filter(({ rtts }) => rtts.length > 0)
  if (rows(1).length === 0) return html``
  return figure(
    'RTT of the heaviest networks; the numbers are in the table below',
    responsive(
      charts.drawIntervals(rows(28), wideWidth),
      charts.drawIntervals(rows(14), narrowWidth),
    ),
    html`${intervalLegend()} RTT in ms, logarithmic`,
  )
}

import { summarizeDiscards } from '../counter-meaning.ts'
import type { CaptureFacts, Report } from '../report.ts'
import { captureWarnings } from '../report-words.ts'
import { formatBytes, formatCount, formatSome } from '../text-table.ts'
import { html, type Markup } from './markup.ts'
import { heads, table } from './page-words.ts'

const boundReached = html`<b class="bound">bound reached</b> `

/** What was read, what was seen of it, and what was set aside. */
export function inputsSection({ captures }: Report): Markup {
  const hints = captureWarnings(captures).filter(({ weight }) => weight === 'hint')
  return html`<section aria-labelledby="inputs-title">
<h2 id="inputs-title">What was read</h2>
${table(
  'Captures by site',
  heads(['site|', 'packets', 'captured', 'handshakes', 'ambiguous', 'directions|']),
  captures.map(captureRow),
)}
${hints.length > 0 && html`<ul>${hints.map(({ text }) => html`<li>${text}</li>`)}</ul>`}
${discards(captures)}
${servers(captures)}
</section>`
}

function captureRow({ site, packets, bytes, counters, servers: views }: CaptureFacts): Markup {
  const directions = [...new Set(views.map(({ direction }) => direction))].sort()
  return html`<tr><th scope="row">${site}</th><td>${formatSome(packets)}</td>
<td>${formatBytes(bytes)}</td><td>${formatCount(counters.handshakes ?? 0)}</td>
<td>${formatCount(counters.ambiguous ?? 0)}</td>
<td class="text">${directions.join(', ') || '–'}</td></tr>`
}

function discards(captures: readonly CaptureFacts[]): Markup {
  const rows = summarizeDiscards(captures)
  if (rows.length === 0) return html`<p>Nothing was set aside.</p>`
  return html`<h3>Counted and set aside</h3>${table(
    'Counted and set aside, by reason',
    heads(['reason|', 'count', 'meaning|']),
    rows.map(
      ({ reason, count, about, kind }) => html`<tr><th scope="row"><code>${reason}</code></th>
<td>${formatCount(count)}</td>
<td class="text">${kind === 'bound' && boundReached}${about}</td></tr>`,
    ),
  )}`
}

/** Server addresses in the table at most, busiest first. */
const serversMax = 50

function servers(captures: readonly CaptureFacts[]): Markup {
  const all = captures.flatMap(({ site, servers: views }) =>
    views.map((view) => ({ site, ...view })),
  )
  if (all.length === 0) return html``
  const titles = ['site|', 'server|', 'seen|', 'SYN', 'SYN-ACK', 'completed']
  const halves = ['SYN alone', 'SYN-ACK without SYN', 'SYN-ACK without ACK', 'ACK without SYN-ACK']
  return html`<details><summary>Server addresses and what was half seen of them</summary>${table(
    'Server addresses',
    heads([...titles, ...halves]),
    all.slice(0, serversMax).map(
      (view) => html`<tr><th scope="row">${view.site}</th>
<td class="text"><code>${view.address}</code></td>
<td class="text">${view.direction}</td><td>${formatCount(view.syns)}</td>
<td>${formatCount(view.synacks)}</td><td>${formatCount(view.completed)}</td>
<td>${formatCount(view.synWithoutSynack)}</td><td>${formatCount(view.synackWithoutSyn)}</td>
<td>${formatCount(view.synackWithoutAck)}</td>
<td>${formatCount(view.synThenAckWithoutSynack)}</td></tr>`,
    ),
  )}</details>`
}

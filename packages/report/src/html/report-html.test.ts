import { describe, expect, it } from 'vitest'
import { emptyReport, handMadeReport } from '../hand-made-report.ts'
import { formatReportHtml } from './report-html.ts'

const page = await formatReportHtml(handMadeReport())

/** The page without styles and drawings: what a reader reads. */
const structureOf = (html: string): string =>
  html
    .replaceAll(/<style>[\s\S]*?<\/style>/g, '')
    .replaceAll(/<svg [\s\S]*?<\/svg>/g, '<svg>')
    .replaceAll(/\n+/g, '\n')

describe('the report as a page', () => {
  it('has findings first, then sites, networks, coverage, inputs', () => {
    expect(structureOf(page)).toMatchSnapshot()
  })

  it('needs nothing but itself', () => {
    const withoutNamespaces = page.replaceAll('http://www.w3.org/', '')
    expect(withoutNamespaces).not.toMatch(
      /https?:|<script|<link(?! rel="icon" href="data:,">)|@import|url\((?!#)/,
    )
  })

  it('escapes names in text, titles and drawings', () => {
    expect(page).not.toContain('<script>alert')
    expect(page).not.toContain('\u001b')
    expect(page).toContain('&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;')
    const drawings = page.match(/<svg [\s\S]*?<\/svg>/g)!
    expect(drawings.join('')).toContain('&lt;script')
  })

  it('draws every chart beside a table or words', () => {
    const figures = page.match(/<figure>[\s\S]*?<\/figure>/g)!
    expect(figures.length).toBe(2 + 2 * 2 + 1)
    for (const figure of figures) {
      expect(figure).toMatch(/role="img" aria-label="[^"]{10,}"/)
      expect(figure).toMatch(/<figcaption>[\s\S]{10,}<\/figcaption>/)
    }
  })

  it('colours by variables alone, so that it is right in light, dark and on paper', () => {
    const drawings = page.match(/<svg [\s\S]*?<\/svg>/g)!.join('')
    const colours = new Set(
      [...drawings.matchAll(/(?:fill|stroke)="([^"]*)"/g)].map(([, it]) => it),
    )
    const fixed = [...colours].filter((colour) => !/^(?:none|var\(--[\w-]+\)|#000)$/.test(colour!))
    expect(fixed).toEqual([])
  })

  it('says that nothing can be said where nothing was measured', async () => {
    const empty = await formatReportHtml(emptyReport())
    expect(empty).toContain('No handshake was measured: nothing can be said.')
    expect(empty).not.toContain('<svg')
  })

  it('speaks of IPv4 alone where there is nothing else', async () => {
    const { sites, coverage, distributions, overTime, networks } = handMadeReport()
    const only = <Row extends { ipVersion: 4 | 6 }>(rows: readonly Row[]): Row[] =>
      rows.filter(({ ipVersion }) => ipVersion === 4)
    const changes = {
      ...{ sites: only(sites), coverage: only(coverage), networks: only(networks) },
      ...{ distributions: only(distributions), overTime: only(overTime) },
    }
    const html = await formatReportHtml(handMadeReport({ ...changes, evidence: [] }))
    const body = html.slice(html.indexOf('<main>'))
    expect(body).not.toContain('version v6')
    expect(body).not.toContain('NaN')
  })
})

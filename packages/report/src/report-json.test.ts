import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { counterMeanings } from './counter-meaning.ts'
import { emptyReport, handMadeReport } from './hand-made-report.ts'
import type { Report } from './report.ts'
import { formatReportJson } from './report-json.ts'

const page = readFileSync(new URL('../../../docs/reference/report.md', import.meta.url), 'utf8')

/** Objects whose keys are data, and those that another page explains. */
const opaque = new Set(['captures[].counters', 'findings[]'])

function pathsOf(value: unknown, path = ''): string[] {
  if (Array.isArray(value)) {
    const inner = value.flatMap((item) => pathsOf(item, `${path}[]`))
    return value.length === 0 ? [] : inner
  }
  if (typeof value !== 'object' || value === null || opaque.has(path)) {
    return [path === 'captures[].counters' ? `${path}{}` : path]
  }
  return Object.entries(value).flatMap(([key, item]) =>
    pathsOf(item, path === '' ? key : `${path}.${key}`),
  )
}

function everyField(): Report {
  const { captures } = handMadeReport()
  const [ams] = captures
  return handMadeReport({
    captures: [{ ...ams!, damages: ['x.pcap is damaged'], notes: ['y.txt is no capture'] }],
    sites: handMadeReport().sites,
    networks: handMadeReport().networks.map((row) => ({
      ...row,
      rtt: row.rtt && { ...row.rtt, n: 12 },
    })),
  })
}

describe('the report as JSON', () => {
  it('is a snapshot of a whole value', () => {
    expect(formatReportJson(handMadeReport())).toMatchSnapshot()
  })

  it('has the fields that its page explains, no more and no fewer', () => {
    const real = new Set(pathsOf(JSON.parse(formatReportJson(everyField()))))
    const table = page.slice(page.indexOf('| field'))
    const told = [...table.matchAll(/^\|(.*?)\|/gm)]
      .flatMap(([, cell]) => [...cell!.matchAll(/`([^`]+)`/g)])
      .map(([, path]) => path!)
    expect(told.length).toBe(new Set(told).size)
    expect([...real].sort()).toEqual(told.sort())
  })

  it('has no count of queries where no traffic is visible, nor of networks without files', () => {
    const { sites, networks, coverage } = handMadeReport()
    const unseen = { queries: 0, queriesCovered: 0 }
    const report = handMadeReport({
      ...{ weight: 'handshakes', hasNetworks: false },
      sites: sites.map((row) => ({ ...row, ...unseen })),
      networks: networks.map((row) => ({
        ...{ ...row, queries: 0 },
        sites: row.sites.map((site) => ({ ...site, queries: 0 })),
      })),
      coverage: coverage.map((row) => ({ ...row, ...unseen })),
    })
    const paths = pathsOf(JSON.parse(formatReportJson(report)))
    expect(paths.filter((path) => /queries|coverage.*networks/.test(path))).toEqual([])
  })

  it('leaves out what cannot be told', () => {
    const { sites } = JSON.parse(formatReportJson(handMadeReport()))
    const [v4, v6] = sites
    expect(v4.rtt_p50_us).toBe(20_000)
    expect('rtt_p50_us' in v6).toBe(false)
    expect(JSON.parse(formatReportJson(emptyReport())).sites).toEqual([])
  })
})

describe('the page of the report', () => {
  it('explains every reason to set something aside', () => {
    const reasons = Object.entries(counterMeanings).filter(([, { kind }]) => kind !== 'seen')
    const missing = reasons.filter(([reason]) => !page.includes(`| \`${reason}\``))
    expect(missing).toEqual([])
  })
})

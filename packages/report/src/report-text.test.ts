import { describe, expect, it } from 'vitest'
import { emptyReport, handMadeReport } from './hand-made-report.ts'
import { formatReportText } from './report-text.ts'

const textOf = (...[changes]: Parameters<typeof handMadeReport>): string =>
  formatReportText(handMadeReport(changes), { colour: false })

describe('the report as text', () => {
  it('has what was read, sites, networks, coverage, discards and findings', () => {
    expect(textOf()).toMatchSnapshot()
  })

  it('lets no name steer the terminal', () => {
    expect([...textOf()].filter((letter) => letter < ' ' && letter !== '\n')).toEqual([])
  })

  it('has colours only where they are wanted', () => {
    expect(formatReportText(handMadeReport(), { colour: true })).toContain('\x1b[1m')
  })

  it('says that nothing can be said where nothing was measured', () => {
    expect(formatReportText(emptyReport(), { colour: false })).toMatchSnapshot()
  })

  it('names a capture that was taken at the client, half-seen servers, and damages', () => {
    const [ams] = handMadeReport().captures
    const [server] = ams!.servers
    const text = textOf({
      captures: [
        {
          ...ams!,
          isTakenAtClient: true,
          damages: ['x.pcap is damaged at byte 9: the last packet is cut short'],
          servers: [{ ...server!, direction: 'inbound only' }],
        },
      ],
    })
    expect(text).toContain('ams: captured at the client, its RTTs are not those of your clients')
    expect(text).toContain('ams: inbound only for server 198.51.100.53')
    expect(text).toContain('ams: x.pcap is damaged at byte 9')
  })

  it('tells how to get names where no networks file was given, and what that hides', () => {
    const text = textOf({ hasNetworks: false, networks: [], findings: [] })
    expect(text).toContain('--networks FILE tells')
    expect(text).toMatch(/Nothing is wrong that the data can show\.\nWithout --networks FILE/)
  })
})

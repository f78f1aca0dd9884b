import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Finding } from '@goldpan/core'
import { type TrueEvent, writeWorld } from '@goldpan/simulator'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { smallWorld } from './small-world.ts'

const main = fileURLToPath(new URL('../../cli/src/main.ts', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'goldpan-command-line-'))
const state = join(folder, 'state')

const world = smallWorld({
  hours: 2.5,
  globalNetworks: 2,
  events: [{ kind: 'polarization', network: 0, site: 'iad', startHour: 1.25 }],
})

function goldpan(...words: string[]) {
  const child = spawnSync(process.execPath, [main, ...words], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, XDG_STATE_HOME: state },
    maxBuffer: 2 ** 28,
  })
  return { code: child.status, out: child.stdout, err: child.stderr }
}

const places = ['--sites', 'sites.csv', '--networks', 'networks.csv']
const analyze = (extension: string, ...words: string[]) =>
  goldpan(
    'analyze',
    ...world.sites.map((site) => `${site}=${site}.${extension}`),
    ...['--service', world.service, ...places, '--format', 'json', ...words],
  )

beforeAll(async () => {
  mkdirSync(join(folder, 'empty'))
  writeFileSync(join(folder, 'empty.pcap'), '')
  await writeWorld(world, { folder, packets: true })
  await writeWorld(world, { folder, packets: false })
})
afterAll(() => rmSync(folder, { recursive: true }))

const readTruth = (): TrueEvent =>
  JSON.parse(readFileSync(join(folder, 'truth.json'), 'utf8')).events[0]

describe('goldpan analyze', () => {
  it.each(['pcap', 'csv'])('finds what is wrong in %s files, and nothing else', (extension) => {
    const { code, out } = analyze(extension)
    expect(code).toBe(0)
    const { findings } = JSON.parse(out) as { findings: Finding[] }
    const truth = readTruth()
    expect(findings.length).toBeGreaterThan(0)
    for (const finding of findings) {
      expect(finding).toMatchObject({
        kind: truth.kind,
        site_to: truth.site_to,
        scope: { asns: [truth.asn] },
        standing: false,
      })
      const lateSeconds = (Date.parse(finding.onset!) - Date.parse(truth.onset!)) / 1000
      expect(Math.abs(lateSeconds)).toBeLessThanOrEqual(120)
      expect(finding.lost_time).toBeCloseTo(finding.queries_per_second * finding.excess_ms, 3)
    }
  })

  it('leaves its findings for goldpan findings', () => {
    const { findings } = JSON.parse(analyze('pcap').out)
    const listed = goldpan('findings', '--format', 'json')
    expect(JSON.parse(listed.out)).toEqual(findings)
    expect(goldpan('findings').out).toContain(findings[0].sentence)
  })

  it('leaves findings whose --since is counted from the end of the data', () => {
    const { findings } = JSON.parse(analyze('csv').out) as { findings: Finding[] }
    const since = (duration: string): Finding[] =>
      JSON.parse(goldpan('findings', '--since', duration, '--format', 'json').out)
    // They opened in the middle of two hours and a half.
    expect(since('2h')).toEqual(findings)
    expect(since('30m')).toEqual([])
  })

  it('changes nothing when it reads the same captures again into a warehouse', () => {
    const rows =
      'select count() n, sum(rtt_us) s, (select sum(udp_queries) from traffic) q from handshakes'
    const ask = (): string => goldpan('sql', rows, '--warehouse', 'wh', '--format', 'CSV').out
    const first = analyze('pcap', '--warehouse', 'wh')
    const before = ask()
    expect(before).toMatch(/^[1-9]\d+,\d+,\d+\n$/)
    const second = analyze('pcap', '--warehouse', 'wh')
    expect(ask()).toBe(before)
    expect(JSON.parse(second.out).findings).toEqual(JSON.parse(first.out).findings)
    expect(second.err).toContain('rows were read before and are not counted twice')
  })

  it('reads what goldpan handshakes printed', () => {
    for (const format of ['csv', 'arrow']) {
      const printed = spawnSync(
        process.execPath,
        [main, 'handshakes', 'ams.pcap', '--format', format],
        {
          cwd: folder,
          maxBuffer: 2 ** 28,
        },
      )
      writeFileSync(join(folder, `exported.${format}`), printed.stdout)
      const rows = goldpan('handshakes', 'ams.pcap').out.trim().split('\n').slice(1)
      const { code, out, err } = goldpan(
        'analyze',
        `ams=exported.${format}`,
        ...['--service', 's', '--format', 'json'],
      )
      expect([code, err]).toEqual([0, ''])
      const sites = JSON.parse(out).sites as { handshakes: number }[]
      expect(sites.reduce((sum, { handshakes }) => sum + handshakes, 0)).toBe(
        rows.filter((row) => !row.includes('ambiguous')).length,
      )
    }
  })
})

describe('goldpan handshakes', () => {
  it.each(['csv', 'arrow'])('prints what it wrote as %s before', (format) => {
    const words = [main, 'handshakes', 'ams.pcap', '--format', format]
    const printed = spawnSync(process.execPath, words, { cwd: folder, maxBuffer: 2 ** 28 })
    writeFileSync(join(folder, `again.${format}`), printed.stdout)
    const again = goldpan('handshakes', `again.${format}`)
    expect(again).toEqual({ code: 0, out: goldpan('handshakes', 'ams.pcap').out, err: '' })
  })
})

describe('bad input', () => {
  it.each([
    [
      'a missing file',
      ['analyze', 'ams=none.pcap', '--service', 's'],
      1,
      'none.pcap cannot be read',
    ],
    ['a word without site', ['analyze', 'x.pcap', '--service', 's'], 2, 'write SITE=INPUT'],
    ['a missing service', ['analyze', 'ams=ams.pcap'], 2, "'--service <name>' not specified"],
    ['text', ['handshakes', 'sites.csv'], 1, 'sites.csv is no capture'],
    ['an empty file', ['handshakes', 'empty.pcap'], 1, 'empty.pcap is no capture (it is empty)'],
    ['a folder without captures', ['handshakes', 'empty'], 1, 'empty'],
    ['a missing table', ['sql', 'select 1 from nothing'], 1, 'nothing'],
    ['a bad duration', ['findings', '--since', 'soon'], 2, 'soon is no duration'],
    [
      'a bad networks file',
      ['analyze', 'ams=ams.pcap', '--service', 's', '--networks', 'truth.json'],
      1,
      'truth.json',
    ],
    ['no world', ['simulate', 'sites.csv', '--out', 'x'], 1, 'sites.csv is no world'],
  ])('%s is one sentence and an exit code', (_name, words, code, sentence) => {
    const result = goldpan(...words)
    expect(result.code).toBe(code)
    expect(result.err).toContain(sentence)
    expect(result.err).not.toMatch(/^\s+at /m)
    expect(result.out).toBe('')
  })

  it('keeps what stood before the damage, names the byte and ends with 3', () => {
    const bytes = readFileSync(join(folder, 'ams.pcap'))
    writeFileSync(join(folder, 'cut.pcap'), bytes.subarray(0, 100_003))
    const { code, out, err } = goldpan('handshakes', 'cut.pcap')
    expect(code).toBe(3)
    expect(out.split('\n').length).toBeGreaterThan(10)
    expect(err).toMatch(/^goldpan: cut\.pcap is damaged at byte \d+: the last packet is cut short/)
  })

  it('ends with 0 when the reader of its output has enough', () => {
    const { status } = spawnSync('sh', [
      '-c',
      `"${process.execPath}" "${main}" handshakes "${folder}/ams.pcap" | head -1 >/dev/null`,
    ])
    expect(status).toBe(0)
  })
})

import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { writeWorld } from '@goldpan/simulator'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { smallWorld } from './small-world.ts'

const main = fileURLToPath(new URL('../../cli/src/main.ts', import.meta.url))
const captures = fileURLToPath(new URL('../captures', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'goldpan-report-'))
const world = smallWorld()
const evilName = '<img src=x onerror=alert(1)>'

function analyze(...words: string[]) {
  const child = spawnSync(process.execPath, [main, 'analyze', ...words, '--service', 's.example'], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, XDG_STATE_HOME: join(folder, 'state') },
    maxBuffer: 2 ** 28,
  })
  return { code: child.status, out: child.stdout, err: child.stderr }
}

const page = (name: string): string => readFileSync(join(folder, name), 'utf8')

beforeAll(async () => {
  await writeWorld(world, { folder, packets: true })
  const networks = readFileSync(join(folder, 'networks.csv'), 'utf8').trim().split('\n')
  const evil = networks.map((line, index) => (index === 0 ? line : nameAll(line)))
  writeFileSync(join(folder, 'evil.csv'), `${evil.join('\n')}\n`)
})
afterAll(() => rmSync(folder, { recursive: true }))

/** The name is the third of four columns. */
const nameAll = (line: string): string =>
  line.replace(/^([^,]*,[^,]*,).*,([^,]*)$/, (_, before, after) => `${before}${evilName},${after}`)

describe('the report of a small world', () => {
  it('agrees with itself in JSON, text and page, and escapes names of ASes', () => {
    const inputs = world.sites.map((site) => `${site}=${site}.pcap`)
    const places = ['--sites', 'sites.csv', '--networks', 'evil.csv']
    const json = analyze(...inputs, ...places, '--html', 'all.html', '--format', 'json')
    expect([json.code, json.err]).toEqual([0, ''])
    const report = JSON.parse(json.out)
    const sum = (rows: { handshakes: number }[]): number =>
      rows.reduce((total, { handshakes }) => total + handshakes, 0)
    expect(sum(report.sites)).toBeGreaterThan(100)
    expect(sum(report.coverage)).toBe(sum(report.sites))
    expect(sum(report.over_time)).toBe(sum(report.sites))
    for (const site of report.sites) expect(sum(site.distribution)).toBe(site.handshakes)
    const served = report.networks.flatMap((network: { sites: { queries: number }[] }) =>
      network.sites.map(({ queries }) => queries),
    )
    const queries = report.networks.map((network: { queries: number }) => network.queries)
    const total = (counts: number[]): number => counts.reduce((all, count) => all + count, 0)
    expect(total(served)).toBe(total(queries))
    expect(report.networks[0].name).toBe(evilName)
    const html = page('all.html')
    expect(html).not.toContain('<img')
    expect(html).toContain('&lt;img src=x onerror=alert(1)&gt;')
    for (const { site } of report.sites) expect(html).toContain(`<th scope="row">${site}</th>`)
    expect([...html.matchAll(/<h2[^>]*>(.*?)<\/h2>/g)].map(([, words]) => words)).toEqual([
      ...['What is wrong', 'RTT by site', 'Site by site', 'Networks with most queries'],
      ...['Coverage', 'What was read', 'How to read this'],
    ])
    expect(Object.keys(report)).toEqual([
      ...['service', 'from', 'to', 'weight', 'captures', 'sites', 'findings', 'networks'],
      ...['coverage', 'discards', 'bin_seconds', 'over_time', 'evidence'],
    ])
  })

  it('says what is missing without networks and sites, and speaks of IPv4 alone', async () => {
    const only = join(folder, 'only')
    await writeWorld(smallWorld({ ipv6Share: 0 }), { folder: only, packets: true })
    const { code, out } = analyze('ams=only/ams.pcap', '--html', 'only.html')
    expect(code).toBe(0)
    expect(out).toContain('Unknown: --networks FILE tells which prefix belongs to which AS.')
    expect(out).not.toMatch(/\bv6\b/)
    expect(out.split('\n\n').map((section) => section.split('\n')[0])).toEqual([
      expect.stringMatching(/^s\.example, 2026-01-01T00:00:0\dZ to .*Z \(\d+ min\)$/),
      'What was read',
      'RTT by site, over prefixes weighted by their queries',
      'RTT by site, over handshakes',
      'Networks with most queries',
      'Coverage: who has at least 10 handshakes',
      'Counted and set aside',
      'What is wrong',
      'Nothing is wrong that the data can show.',
    ])
    expect(page('only.html')).toContain('<code>--networks FILE</code>')
    expect(page('only.html')).not.toMatch(/class="version v6"|NaN|undefined/)
  })
})

describe('the report of odd input', () => {
  it('says that a capture was taken at the client', () => {
    const file = join(captures, 'seen-from-the-client.pcap')
    const { code, out } = analyze(`ams=${file}`, '--html', 'client.html')
    expect(code).toBe(0)
    expect(out).toContain('ams: captured at the client, its RTTs are not those of your clients')
    expect(page('client.html')).toContain('captured at the client')
  })

  it('says that nothing can be said of a capture without packets', () => {
    writeFileSync(join(folder, 'none.pcap'), readFileSync(join(folder, 'ams.pcap')).subarray(0, 24))
    const { code, out } = analyze('ams=none.pcap', '--html', 'none.html')
    expect(code).toBe(0)
    expect(out).toContain('No handshake was measured: nothing can be said.')
    expect(page('none.html')).toContain('No handshake was measured: nothing can be said.')
  })

  it('refuses a page that cannot be written before it reads anything', () => {
    for (const [file, sentence] of [
      ['no/such/folder/x.html', 'cannot be written (ENOENT): name a file in a folder that exists'],
      ['only', 'is a folder: name a file in it'],
    ] as const) {
      const { code, out, err } = analyze('ams=ams.pcap', '--html', file)
      expect([code, out]).toEqual([1, ''])
      expect(err).toContain(sentence)
    }
  })
})

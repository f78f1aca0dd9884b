import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { writeWorld } from '@goldpan/simulator'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { smallWorld } from './small-world.ts'

/** What comes through a pipe is told by its first bytes, as a file is. */

const main = fileURLToPath(new URL('../../cli/src/main.ts', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'goldpan-piped-'))
const env = { ...process.env, XDG_STATE_HOME: join(folder, 'state') }

interface Outcome {
  readonly code: number | null
  readonly out: string
  /** Lines of standard error. */
  readonly said: readonly string[]
}

/** Runs a line of the shell in which `goldpan` is the command. */
function shell(line: string): Outcome {
  const command = `goldpan() { "${process.execPath}" "${main}" "$@"; }; ${line}`
  const ended = spawnSync('bash', ['-c', command], { cwd: folder, env, maxBuffer: 2 ** 28 })
  const said = String(ended.stderr).split('\n').filter(Boolean)
  return { code: ended.status, out: String(ended.stdout), said }
}

const analyze = 'goldpan analyze --service s --format json'

beforeAll(async () => {
  await writeWorld(smallWorld({ hours: 0.1 }), { folder, packets: true })
  for (const format of ['csv', 'arrow']) {
    const exported = shell(`goldpan handshakes ams.pcap --format ${format} >ams.${format}`)
    expect(exported).toEqual({ code: 0, out: '', said: [] })
  }
  const csv = readFileSync(join(folder, 'ams.csv'))
  writeFileSync(join(folder, 'cut.csv'), csv.subarray(0, 3010))
})
afterAll(() => rmSync(folder, { recursive: true }))

describe('an export from a pipe', () => {
  it.each([
    ['csv', 'goldpan handshakes ams.pcap --format csv | ', 'ams.csv'],
    ['arrow', 'goldpan handshakes ams.pcap --format arrow | ', 'ams.arrow'],
    ['csv in gzip', 'gzip -c ams.csv | ', 'ams.csv'],
    ['arrow in gzip', 'gzip -c ams.arrow | ', 'ams.arrow'],
    [
      'csv, byte by byte at first',
      '(head -c 3 ams.csv; sleep 1; tail -c +4 ams.csv) | ',
      'ams.csv',
    ],
  ])('%s is analyzed as its file is', (_, source, file) => {
    const piped = shell(`${source} ${analyze} ams=-`)
    expect(piped).toMatchObject({ code: 0, said: [] })
    const read = shell(`${analyze} ams=${file}`)
    expect(JSON.parse(piped.out)).toEqual(JSON.parse(read.out))
    expect(JSON.parse(piped.out).captures[0].counters.handshakes).toBeGreaterThan(20)
  })

  it('is printed again by goldpan handshakes', () => {
    const listed = readFileSync(join(folder, 'ams.csv'), 'utf8')
    expect(shell('goldpan handshakes - <ams.arrow')).toEqual({ code: 0, out: listed, said: [] })
    expect(shell('cat ams.csv | goldpan handshakes -').out).toBe(listed)
    expect(shell('goldpan handshakes <(cat ams.csv)').out).toBe(listed)
  })

  it('that is cut short is read up to there and named', () => {
    const sentence = expect.stringMatching(/^goldpan: standard input is damaged at byte \d+: /)
    const listed = shell('cat cut.csv | goldpan handshakes -')
    expect(listed).toMatchObject({ code: 3, said: [sentence] })
    expect(listed.out.split('\n').length).toBeGreaterThan(20)
    expect(shell(`cat cut.csv | ${analyze} ams=-`)).toMatchObject({ code: 3, said: [sentence] })
  })
})

describe('a pipe', () => {
  it('beside other inputs is read once', () => {
    const both = shell('goldpan handshakes <(cat ams.pcap) iad.pcap')
    const files = shell('goldpan handshakes ams.pcap iad.pcap')
    expect(both).toMatchObject({ code: 0, said: [] })
    expect(both.out.split('\n').sort()).toEqual(files.out.split('\n').sort())
    const analyzed = shell(`${analyze} ams=<(cat ams.pcap) ams=iad.pcap`)
    expect(analyzed).toMatchObject({ code: 0, said: [] })
  })

  it('that holds neither is one sentence', () => {
    for (const command of ['goldpan handshakes -', `${analyze} ams=-`]) {
      expect(shell(`echo rubbish | ${command}`)).toEqual({
        ...{ code: 1, out: '' },
        said: [expect.stringMatching(/^goldpan: standard input is no capture \(/)],
      })
    }
  })

  it.each(['goldpan handshakes - -', `${analyze} ams=- fra=-`])('%s is a usage error', (line) => {
    expect(shell(`cat ams.pcap | ${line}`)).toEqual({
      ...{ code: 2, out: '' },
      said: ['goldpan: - is named twice: standard input can be read once, name a file'],
    })
  })
})

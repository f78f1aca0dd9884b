import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { writeWorld } from '@goldpan/simulator'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { smallWorld } from './small-world.ts'

/** What the command line says and keeps of input that is not as it should be. */

const main = fileURLToPath(new URL('../../cli/src/main.ts', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'goldpan-bad-input-'))
const small = fileURLToPath(new URL('../../packages/simulator/worlds/demo.yaml', import.meta.url))
const env = { ...process.env, XDG_STATE_HOME: join(folder, 'state') }

interface Outcome {
  readonly code: number | null
  readonly out: string
  /** Lines of standard error. */
  readonly said: readonly string[]
}

function outcomeOf({ status, stdout, stderr }: ReturnType<typeof spawnSync>): Outcome {
  const said = String(stderr).split('\n').filter(Boolean)
  return { code: status, out: String(stdout), said }
}

const goldpan = (...words: string[]): Outcome =>
  outcomeOf(spawnSync(process.execPath, [main, ...words], { cwd: folder, env, maxBuffer: 2 ** 28 }))

/** Runs a line of shell in which `goldpan` is the command. */
const shell = (line: string): Outcome => {
  const command = `goldpan() { "${process.execPath}" "${main}" "$@"; }; ${line}`
  return outcomeOf(spawnSync('sh', ['-c', command], { cwd: folder, env, maxBuffer: 2 ** 28 }))
}

const write = (name: string, bytes: string | Uint8Array): void =>
  writeFileSync(join(folder, name), bytes)

let capture: Buffer
beforeAll(async () => {
  await writeWorld(smallWorld({ hours: 0.1 }), { folder, packets: true })
  capture = readFileSync(join(folder, 'ams.pcap'))
  write('cut.pcap', capture.subarray(0, 200_003))
  const corrupted = Buffer.from(capture)
  corrupted.fill(0xff, 100_000, 100_400)
  write('corrupted.pcap', corrupted)
  const foreign = Buffer.from(capture)
  foreign.writeUInt32LE(147, 20)
  write('link.pcap', foreign)
  write('cut.pcap.gz', gzipSync(capture).subarray(0, 100_000))
  write('empty.pcap', '')
  write('header.pcap', capture.subarray(0, 24))
  write('noise', Buffer.alloc(5000, 'rubbish'))
  write('broken.mmdb', Buffer.alloc(5000))
  write('bad.csv', 'prefix,asn\n192.0.2.0/24,x\n')
  mkdirSync(join(folder, 'none'))
  mkdirSync(join(folder, 'mixed'))
  write('mixed/a.pcap', capture)
  write('mixed/readme.txt', 'no capture\n')
})
afterAll(() => rmSync(folder, { recursive: true }))

const damaged = 'all packets before it were used, copy the file again if the original is whole'
const readable = 'pcap, pcapng, or these in gzip or zstd can be read'
const readableLinks =
  'Ethernet, raw IP, Linux cooked and BSD loopback can; capture with tcpdump -y EN10MB, ' +
  'or, if its frames are of these, correct its header with editcap -T ether'

describe('a capture that is damaged', () => {
  it.each([
    ['cut.pcap', /^goldpan: cut\.pcap is damaged at byte 199\d{3}: the last packet is cut short; /],
    ['corrupted.pcap', /^goldpan: corrupted\.pcap is damaged at byte 1000\d\d: a packet record /],
    ['cut.pcap.gz', /^goldpan: cut\.pcap\.gz is damaged at byte \d+: it does not inflate \(/],
  ])('%s: what stood before is kept, the byte is named, the code is 3', (name, sentence) => {
    const listed = goldpan('handshakes', name)
    expect(listed.code).toBe(3)
    expect(listed.said).toEqual([expect.stringMatching(sentence)])
    expect(listed.said[0]).toContain(damaged)
    expect(listed.out.split('\n').length).toBeGreaterThan(20)
    const analyzed = goldpan('analyze', `ams=${name}`, '--service', 's', '--format', 'json')
    expect(analyzed.code).toBe(3)
    expect(analyzed.said).toEqual(listed.said)
    expect(JSON.parse(analyzed.out).sites.length).toBeGreaterThan(0)
  })
})

describe('what is no capture', () => {
  it.each([
    ['empty.pcap', `empty.pcap is no capture (it is empty): ${readable}`],
    ['noise', `noise is no capture (neither pcap nor pcapng by its first bytes): ${readable}`],
    ['link.pcap', `link.pcap: its link type 147 cannot be read: ${readableLinks}`],
    ['nowhere', 'nowhere cannot be read: there is no such file or folder: check the path'],
    ['none', 'none holds no captures: name a folder with pcap or pcapng files'],
  ])('%s is one sentence and code 1', (name, sentence) => {
    for (const words of [
      ['handshakes', name],
      ['analyze', `ams=${name}`, '--service', 's'],
    ]) {
      expect(goldpan(...words)).toEqual({ code: 1, out: '', said: [`goldpan: ${sentence}`] })
    }
  })

  it('in a folder of captures is skipped with a note', () => {
    const { code, said } = goldpan('handshakes', 'mixed')
    expect(code).toBe(0)
    expect(said).toEqual([expect.stringMatching(/^goldpan: skipped: mixed\/readme\.txt is no /)])
  })

  it.skipIf(process.getuid?.() === 0)(
    'an unreadable file is named (needs an ordinary user)',
    () => {
      writeFileSync(join(folder, 'secret'), capture, { mode: 0 })
      expect(goldpan('handshakes', 'secret').said).toEqual([
        'goldpan: secret cannot be read: permission denied: run as a user who may read it',
      ])
    },
  )

  it('a capture without packets has no handshakes, and an analysis of it finds nothing', () => {
    expect(goldpan('handshakes', 'header.pcap')).toMatchObject({ code: 0, said: [] })
    const { code, out } = goldpan(
      'analyze',
      'ams=header.pcap',
      '--service',
      's',
      '--format',
      'json',
    )
    expect([code, JSON.parse(out).findings]).toEqual([0, []])
  })
})

describe('files of an operator', () => {
  it('a broken MMDB is one sentence', () => {
    const { code, out, said } = goldpan(
      ...['analyze', 'ams=ams.pcap', '--service', 's', '--networks', 'broken.mmdb'],
    )
    expect([code, out]).toEqual([1, ''])
    expect(said).toEqual([
      'goldpan: broken.mmdb is no table of networks (it is binary, and no whole MMDB): ' +
        'name a CSV, an MMDB or a pfx2as file, or fetch it again',
    ])
  })

  it.each(['--networks', '--sites', '--exclude'])('a missing one of %s is one sentence', (word) => {
    expect(goldpan('analyze', 'ams=ams.pcap', '--service', 's', word, 'nowhere.csv')).toEqual({
      ...{ code: 1, out: '' },
      said: [
        'goldpan: nowhere.csv cannot be read: there is no such file or folder: check the path',
      ],
    })
  })

  it('a bad line is named', () => {
    const { code, said } = goldpan(
      ...['analyze', 'ams=ams.pcap', '--service', 's', '--networks', 'bad.csv'],
    )
    expect([code, ...said]).toEqual([
      1,
      'goldpan: bad.csv line 2: x is no AS number; mend the line or leave it out',
    ])
  })

  it('an unknown site works without its place', () => {
    const { code, said } = goldpan(
      ...['analyze', 'xyz=ams.pcap', '--service', 's', '--sites', 'sites.csv', '--format', 'json'],
    )
    expect([code, ...said]).toEqual([
      0,
      'goldpan: site xyz is not in sites.csv: it is analyzed without its place',
    ])
  })
})

describe('damage', () => {
  it('is told once where the report and the complaints go to the same place', () => {
    const { out } = shell('goldpan analyze ams=cut.pcap --service s 2>&1')
    expect(out.split('is damaged at byte')).toHaveLength(2)
    const apart = shell('goldpan analyze ams=cut.pcap --service s')
    expect(apart.out).toContain('ams: cut.pcap is damaged at byte')
    expect(apart.said).toEqual([expect.stringContaining('cut.pcap is damaged at byte')])
  })
})

describe('a warehouse', () => {
  it('in a file system that takes no folders is one sentence', () => {
    const line = 'analyze ams=ams.pcap --service s --warehouse /proc/foo/bar'
    const { status, stderr } = spawnSync(process.execPath, [main, ...line.split(' ')], {
      ...{ cwd: folder, env, timeout: 15_000, killSignal: 'SIGKILL' },
    })
    expect([status, String(stderr)]).toEqual([
      1,
      expect.stringMatching(/^goldpan: the warehouse \/proc\/foo\/bar cannot be opened \(.*\n$/),
    ])
  })
})

describe('a folder', () => {
  it.each([
    'dashboards --out /proc/foo/bar',
    `simulate ${small} --out /proc/foo/bar`,
    'demo --out /proc/foo/bar',
    'capture -r ams.pcap --service s --site ams --to file:/proc/foo/bar',
    'capture -r - --service s --site ams --to file:/proc/foo/bar',
  ])('where none can be made is one sentence: %s', (line) => {
    const { status, stderr } = spawnSync(process.execPath, [main, ...line.split(' ')], {
      ...{ cwd: folder, env, input: '', timeout: 15_000, killSignal: 'SIGKILL' },
    })
    const said = String(stderr).split('\n').filter(Boolean)
    expect([status, said.at(-1)]).toEqual([1, expect.stringContaining('/proc/foo/bar')])
  })
})

describe('an output that takes no more', () => {
  it('is done when the pipe is closed', () => {
    for (const words of ['handshakes ams.pcap', 'analyze ams=ams.pcap --service s --format json']) {
      const line = `{ goldpan ${words}; echo "code $?" >&2; } | head -c 10 >/dev/null`
      expect(shell(line).said).toEqual(['code 0'])
    }
  })

  it('is one sentence when the disk is full', () => {
    expect(shell('goldpan handshakes ams.pcap >/dev/full')).toMatchObject({
      code: 1,
      said: [expect.stringContaining('standard output is full')],
    })
    expect(
      shell('goldpan analyze ams=ams.pcap --service s --format json >/dev/full'),
    ).toMatchObject({
      code: 1,
      said: [expect.stringMatching(/standard output cannot be written \(ENOSPC/)],
    })
  })

  it('is one sentence when the warehouse has no room, and goes on when it has', () => {
    const analyze = 'goldpan analyze ams=ams.pcap --service s --warehouse small --format json'
    const { code, said } = shell(`ulimit -f 100; ${analyze}`)
    expect([code, said.length]).toEqual([1, 1])
    expect(said[0]).toContain('the disk is full')
    expect(shell(analyze).code).toBe(0)
    expect(rowsIn('small')).toBe(rowsIn(undefined))
  })
})

const rowsIn = (warehouse: string | undefined): string => {
  if (warehouse === undefined) {
    goldpan('analyze', 'ams=ams.pcap', '--service', 's', '--warehouse', 'whole')
  }
  const statement = 'select count(), sum(rtt_us) from handshakes'
  const where = ['--warehouse', warehouse ?? 'whole', '--format', 'CSV']
  return goldpan('sql', statement, ...where).out
}

describe('a signal in the middle', () => {
  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('%s ends with %i, and a second run picks up', async (signal, code) => {
    const warehouse = `interrupted-${code}`
    const words = ['analyze', 'ams=-', '--service', 's', '--warehouse', warehouse]
    const child = spawn(process.execPath, [main, ...words], { cwd: folder, env })
    let said = ''
    child.stderr.on('data', (text: Buffer) => (said += text.toString()))
    const closed = once(child, 'close')
    child.stdin.on('error', () => undefined)
    // Half of a capture, and a pipe that stays open.
    child.stdin.write(capture.subarray(0, capture.length / 2))
    for (let waited = 0; !existsSync(join(folder, warehouse, 'data')); waited += 50) {
      if (waited > 15_000) throw new Error(`it did not start: ${said}`)
      await delay(50)
    }
    child.kill(signal)
    expect(await closed).toEqual([code, null])
    expect(said).toBe(
      'goldpan: interrupted: what was read is in the warehouse, ' +
        'the same command goes on from there\n',
    )
    const again = goldpan(
      ...['analyze', 'ams=ams.pcap', '--service', 's', '--warehouse', warehouse],
    )
    expect([again.code, ...again.said]).toEqual([0])
    expect(
      goldpan('sql', 'select count() > 20 from handshakes', '--warehouse', warehouse).code,
    ).toBe(0)
  })
})

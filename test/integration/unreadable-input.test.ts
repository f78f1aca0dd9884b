import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { writeWorld } from '@goldpan/simulator'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { smallWorld } from './small-world.ts'

/** One input that cannot be read is no reason not to read the others. */

const main = fileURLToPath(new URL('../../cli/src/main.ts', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'goldpan-unreadable-'))
const env = { ...process.env, XDG_STATE_HOME: join(folder, 'state') }

function goldpan(...words: string[]): { code: number | null; out: string; said: string[] } {
  const ended = spawnSync(process.execPath, [main, ...words], { cwd: folder, env, maxBuffer: 2e8 })
  const said = String(ended.stderr).split('\n').filter(Boolean)
  return { code: ended.status, out: String(ended.stdout), said }
}

const missing = 'cannot be read: there is no such file or folder: check the path'
const circle = 'cannot be read: its links lead in a circle: name the file itself'

let listed: string
beforeAll(async () => {
  await writeWorld(smallWorld({ hours: 0.1 }), { folder, packets: true })
  mkdirSync(join(folder, 'mixed'))
  writeFileSync(join(folder, 'mixed/a.pcap'), readFileSync(join(folder, 'ams.pcap')))
  // Root reads files of any mode, but follows no link that leads to itself.
  symlinkSync('loop.pcap', join(folder, 'mixed/loop.pcap'))
  writeFileSync(join(folder, 'noise'), 'rubbish, and nothing else')
  listed = goldpan('handshakes', 'ams.pcap').out
})
afterAll(() => rmSync(folder, { recursive: true }))

describe('an input that cannot be read, among others', () => {
  it('goldpan handshakes prints the rest and ends with 3', () => {
    expect(goldpan('handshakes', 'nowhere.pcap', 'ams.pcap')).toEqual({
      ...{ code: 3, out: listed, said: [`goldpan: nowhere.pcap ${missing}`] },
    })
    const noise = goldpan('handshakes', 'ams.pcap', 'noise')
    expect([noise.code, noise.out]).toEqual([3, listed])
    expect(noise.said).toEqual([expect.stringMatching(/^goldpan: noise is no capture \(/)])
  })

  it('in a folder, goldpan handshakes prints the rest and ends with 3', () => {
    expect(goldpan('handshakes', 'mixed')).toEqual({
      ...{ code: 3, out: listed, said: [`goldpan: mixed/loop.pcap ${circle}`] },
    })
  })

  it('goldpan analyze reports the rest and ends with 3', () => {
    const words = ['--service', 's', '--format', 'json']
    const { code, out, said } = goldpan('analyze', 'ams=ams.pcap', 'ams=a', 'fra=b', ...words)
    expect([code, said]).toEqual([3, [`goldpan: a ${missing}`, `goldpan: b ${missing}`]])
    const [ams, fra] = JSON.parse(out).captures
    expect(ams).toMatchObject({ site: 'ams', damages: [`a ${missing}`] })
    expect(ams.counters.handshakes).toBe(listed.trim().split('\n').length - 1)
    expect(fra).toMatchObject({ site: 'fra', packets: 0, damages: [`b ${missing}`] })
  })

  it('is a failure where nothing could be read, each named once', () => {
    const said = [`goldpan: a ${missing}`, `goldpan: b ${missing}`]
    expect(goldpan('handshakes', 'a', 'b')).toEqual({ code: 1, out: '', said })
    const analyzed = goldpan('analyze', 'ams=a', 'fra=b', '--service', 's')
    expect(analyzed).toEqual({ code: 1, out: '', said })
  })
})

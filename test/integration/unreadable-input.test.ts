import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createPcapngWriter } from '@goldpan/packet'
import { writeWorld } from '@goldpan/simulator'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Conversation, completeHandshake } from '../captures/conversation.ts'
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

describe('a pcapng with an interface whose link type cannot be read', () => {
  const talk = completeHandshake(new Conversation(), 0, 25_000)
  const capture = (links: readonly number[]): Buffer => {
    const writer = createPcapngWriter(links.map((linkType) => ({ linkType })))
    const blocks = links.flatMap((_, id) =>
      talk.frames.map(({ micros, frame }) => writer.packet(id, BigInt(micros), frame)),
    )
    return Buffer.concat([writer.header, ...blocks])
  }

  it('is read without it, and says so', () => {
    writeFileSync(join(folder, 'part.pcapng'), capture([147, 1]))
    const said = ['goldpan: part.pcapng: 3 packets of link type 147 were passed over']
    const { code, out, said: told } = goldpan('handshakes', 'part.pcapng')
    expect([code, told, out.split('\n').length]).toEqual([0, said, 3])
    const words = ['--service', 's', '--format', 'json']
    const analyzed = goldpan('analyze', 'ams=part.pcapng', ...words)
    expect([analyzed.code, analyzed.said]).toEqual([0, said])
    expect(JSON.parse(analyzed.out).captures[0].counters.handshakes).toBe(1)
  })

  it('is one sentence where it has no other', () => {
    writeFileSync(join(folder, 'other.pcapng'), capture([147]))
    for (const words of [
      ['handshakes', 'other.pcapng'],
      ['analyze', 'ams=other.pcapng', '--service', 's'],
    ]) {
      const { code, said } = goldpan(...words)
      expect([code, said]).toEqual([
        1,
        [expect.stringMatching(/^goldpan: other\.pcapng: its link type 147 cannot be read: /)],
      ])
    }
  })
})

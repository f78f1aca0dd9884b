import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseAddress } from '@goldpan/core'
import { createFileBusReceiver } from '@goldpan/runtime'
import { writeWorld } from '@goldpan/simulator'
import { decodeHandshakes, decodeSensorStatus } from '@goldpan/wire'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { smallWorld } from './small-world.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const capture = join(root, 'test/captures/port-853-and-53.pcap')

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'goldpan-sensor-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const environment = () => ({
  ...process.env,
  STATE_DIRECTORY: join(folder, 'state'),
  XDG_STATE_HOME: join(folder, 'state'),
  GOLDPAN_HTTP_CAPTURE_LISTEN: 'off',
  GOLDPAN_CAPTURE_USER: 'root',
  GOLDPAN_HTTP_STOP_DEADLINE: '3s',
})

function start(words: readonly string[]) {
  const args = [join(root, 'cli/src/main.ts'), ...words]
  const child = spawn(process.execPath, args, { env: environment() })
  const error = text(child.stderr)
  const output = text(child.stdout)
  const ended = once(child, 'close').then(([code]) => code as number)
  return { child, ended, error, output }
}

const sensor = (...words: readonly string[]) =>
  start(['capture', '--service', 'ns1.example', '--site', 'ams', '--sensor', 's1', ...words])

/** The RTTs and the heartbeats that stand in a folder of the bus. */
async function read(bus: string) {
  const receiver = createFileBusReceiver({ folder: bus })
  if (!receiver.ok) throw new Error(receiver.error)
  const rtts: number[] = []
  const statuses: object[] = []
  for await (const { topic, value } of receiver.value.receive()) {
    if (topic === 'goldpan.handshakes.v1') {
      const decoded = decodeHandshakes(value)
      if (!decoded.ok) throw new Error(decoded.error.reason)
      rtts.push(...decoded.value.batch.rttMicros.subarray(0, decoded.value.batch.length))
    } else if (topic === 'goldpan.sensors.v1') {
      const decoded = decodeSensorStatus(value)
      if (decoded.ok) statuses.push(...decoded.value.statuses)
    }
  }
  return { rtts, statuses }
}

describe('goldpan capture', () => {
  it('sends the same of a file, of a pipe, and of a file again', async () => {
    const bus = (name: string): string => join(folder, name)
    const once = sensor('-r', capture, '--to', `file:${bus('file')}`)
    expect([await once.ended, await once.output]).toEqual([0, ''])
    const pipe = sensor('-r', '-', '--to', `file:${bus('pipe')}`)
    pipe.child.stdin.end(readFileSync(capture))
    expect(await pipe.ended).toBe(0)
    const ofFile = await read(bus('file'))
    const ofPipe = await read(bus('pipe'))
    expect(ofFile.rtts.length).toBeGreaterThan(0)
    expect(ofPipe.rtts).toEqual(ofFile.rtts)
    expect(ofPipe.statuses.at(-1)).toMatchObject({ final: true, timestampType: 'pipe' })
  })

  it('sends what a pipe brings within a second, while it stays open', async () => {
    const bus = join(folder, 'bus')
    const { child, ended } = sensor('-r', '-', '--to', `file:${bus}`)
    child.stdin.write(readFileSync(capture))
    let rtts: number[] = []
    for (let tries = 0; tries < 100 && rtts.length === 0; tries++) {
      await delay(50)
      rtts = await read(bus).then(
        (found) => found.rtts,
        () => [],
      )
    }
    expect(rtts.length).toBeGreaterThan(0)
    child.kill('SIGTERM')
    expect(await ended).toBe(143)
  })

  it('tells after a kill what may be lost, and repeats nothing', async () => {
    const bus = join(folder, 'bus')
    const first = sensor('-r', '-', '--to', `file:${bus}`)
    first.child.stdin.write(readFileSync(capture))
    const state = join(folder, 'state/spool/ns1.example+ams+s1/sensor.json')
    for (let tries = 0; tries < 200 && !existsSync(state); tries++) await delay(50)
    first.child.kill('SIGKILL')
    await first.ended
    const before = await read(bus)
    const second = sensor('-r', '-', '--to', `file:${bus}`)
    second.child.stdin.end(readFileSync(capture).subarray(0, 24))
    expect(await second.ended).toBe(0)
    const after = await read(bus)
    expect(after.rtts).toEqual(before.rtts)
    expect(after.statuses.at(-1)).toMatchObject({ counters: { restarts_after_kill: 1 } })
  })

  it('writes what analyze reads, and reading it twice changes nothing', async () => {
    const bus = join(folder, 'bus')
    expect(await sensor('-r', capture, '--to', `file:${bus}`).ended).toBe(0)
    const warehouse = join(folder, 'warehouse')
    const analyze = () =>
      start(['analyze', `ams=${bus}`, '--service', 'ns1.example', '--warehouse', warehouse])
    const once = analyze()
    expect([await once.ended, await once.error]).toEqual([0, ''])
    cpSync(bus, join(folder, 'copy'), { recursive: true })
    const again = analyze()
    expect(await again.ended).toBe(0)
    expect(await again.error).toMatch(/rows were read before and are not counted twice/)
  })

  it.each(['prefix', 'tagged'])(
    'lets no address of a client out under %s',
    async (clients) => {
      await writeWorld(smallWorld({ sites: ['ams'] }), {
        folder: join(folder, 'world'),
        packets: true,
      })
      const input = join(folder, 'world/ams.pcap')
      const bus = join(folder, 'bus')
      // The bus is away: the spool holds everything.
      const words = ['-r', '-', '--clients', clients, '--to', 'kafka://127.0.0.1:9']
      const away = sensor(...words, '--traffic', 'full')
      away.child.stdin.end(readFileSync(input))
      const sent = sensor('-r', input, '--clients', clients, '--to', `file:${bus}`)
      const rows = start(['handshakes', input])
      const full = sensor('-r', input, '--clients', 'full', '--to', `file:${bus}-full`)
      await Promise.all([sent.ended, full.ended, rows.ended, away.ended])
      const outputs = (parent: string): string =>
        readdirSync(parent, { recursive: true, withFileTypes: true })
          .filter((entry) => entry.isFile())
          .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1'))
          .join('')
      const written = outputs(bus) + outputs(join(folder, 'state'))
      const all = written + (await sent.error) + (await away.error)
      const addresses = new Set(
        (await rows.output)
          .split('\n')
          .slice(1, -1)
          .map((row) => row.split(',')[2]!),
      )
      expect(addresses.size).toBeGreaterThan(100)
      const bytes = [...addresses].map((address) => Buffer.from(parseAddress(address)!))
      // The prefix itself is no secret, even where it is the address of a client.
      const secret = bytes.filter((each) => each.at(-1) !== 0)
      const leaked = (text: string): Buffer[] =>
        secret.filter((each) => text.includes(each.toString('latin1')))
      expect(leaked(all)).toEqual([])
      expect([...addresses].filter((address) => all.includes(address))).toEqual([])
      expect(leaked(outputs(`${bus}-full`)).length).toBe(secret.length)
      expect(outputs(join(folder, 'state')).length).toBeGreaterThan(10_000)
    },
    60_000,
  )

  it.each([
    [['--to', 'file:x'], 2, /one of -i INTERFACE and -r FILE/],
    [['-r', 'a', '-i', 'b', '--to', 'file:x'], 2, /one of -i INTERFACE and -r FILE/],
    [['-r', '-', '-r', 'a', '--to', 'file:x'], 2, /-r - stands alone/],
    [['-r', '/nowhere', '--to', 'file:BUS'], 1, /there is no such file or folder/],
    [['-r', '-', '--to', 'kafka://u:p@host'], 2, /credentials/],
    [['-r', '-', '--to', 'file:x', '--traffic', 'sampled=1/3'], 2, /power of two/],
    [['-r', '-'], 2, /bus\.url is not set/],
    [['-i', 'nowhere0', '--to', 'file:BUS'], 1, /nowhere0|not built/],
  ])('refuses %j with %i', async (words, code, sentence) => {
    const told = words.map((word) => word.replace('BUS', join(folder, 'bus')))
    const { ended, error } = sensor(...told)
    expect([await ended, await error]).toEqual([code, expect.stringMatching(sentence)])
  })
})

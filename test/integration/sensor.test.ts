import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { createFileBusReceiver } from '@goldpan/runtime'
import { decodeHandshakes, decodeSensorStatus } from '@goldpan/wire'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

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

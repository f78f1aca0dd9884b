import { execFileSync } from 'node:child_process'
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { BusMessage, BusReceiver, BusSender } from './bus.ts'
import { createFileBusReceiver, isFileBus, openFileBus } from './file-bus.ts'
import { createSpool } from './spool.ts'
import { SpoolFolder, type SpoolFolderOptions } from './spool-folder.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'goldpan-spool-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const source = { service: 'ns1.example', site: 'ams', sensor: 's1' }
const message = (n: number, bytes = 20): BusMessage => ({
  topic: 'goldpan.handshakes.v1',
  source,
  boot: 'b1',
  n,
  firstRow: n * 10,
  rows: 10,
  value: Buffer.alloc(bytes, n + 1),
})

function open(options: Partial<SpoolFolderOptions> = {}): SpoolFolder {
  const opened = SpoolFolder.open({ folder, bytesMax: 2 ** 20, ...options })
  if (!opened.ok) throw new Error(opened.error)
  return opened.value
}

/** Reads everything, acknowledging each. */
function drain(spool: SpoolFolder): BusMessage[] {
  const messages: BusMessage[] = []
  for (let next = spool.peek(); next; next = spool.peek()) {
    messages.push({ ...next.message, value: Buffer.from(next.message.value) })
    spool.done(next.place)
  }
  return messages
}

/** What a kill leaves: the files as they are, the lock of a process that is gone. */
function crash(spool: SpoolFolder): void {
  const copy = mkdtempSync(join(tmpdir(), 'goldpan-spool-'))
  cpSync(folder, copy, { recursive: true })
  spool.close()
  rmSync(folder, { recursive: true })
  cpSync(copy, folder, { recursive: true })
  rmSync(copy, { recursive: true })
  writeFileSync(join(folder, 'goldpan.pid'), '1 0\n')
}

describe('SpoolFolder', () => {
  it('gives back messages in order, whole, across restarts', () => {
    const messages = Array.from({ length: 50 }, (_, n) => message(n, n * 7))
    const first = open({ segmentBytesMax: 1000 })
    for (const each of messages.slice(0, 20)) first.append(each)
    expect(first.peek()?.message).toEqual(messages[0])
    first.done(first.peek()!.place)
    first.close()
    const second = open({ segmentBytesMax: 1000 })
    for (const each of messages.slice(20)) second.append(each)
    expect(second.messages).toBe(49)
    expect(drain(second)).toEqual(messages.slice(1))
    expect(second.isEmpty).toBe(true)
    expect(readdirSync(folder).filter((name) => name.endsWith('.spool'))).toEqual([])
    second.close()
  })

  it('drops the oldest at its bound, and counts messages and rows', () => {
    const spool = open({ bytesMax: 4000 })
    for (let n = 0; n < 100; n++) spool.append(message(n))
    expect(spool.bytes).toBeLessThanOrEqual(4000)
    const kept = drain(spool).map(({ n }) => n)
    expect(kept).toEqual(Array.from({ length: kept.length }, (_, n) => 100 - kept.length + n))
    expect(spool.counters.spool_dropped_messages).toBe(100 - kept.length)
    expect(spool.counters.spool_dropped_rows).toBe((100 - kept.length) * 10)
    spool.close()
  })

  it('survives a crash that cuts its newest segment at any byte', () => {
    const spool = open()
    for (let n = 1; n < 3; n++) spool.append(message(n, 9))
    crash(spool)
    const file = join(folder, readdirSync(folder).find((name) => name.endsWith('.spool'))!)
    const whole = readFileSync(file)
    const record = (whole.length - 8) / 2
    for (let length = 0; length <= whole.length; length++) {
      writeFileSync(file, whole.subarray(0, length))
      const after = open()
      const expected = Math.max(Math.floor((length - 8) / record), 0)
      expect(after.counters.spool_torn_bytes).toBe(
        length < 8 ? length : length - 8 - expected * record,
      )
      // What is written next comes behind what is left, not into the torn record.
      after.append(message(9))
      expect(drain(after).map(({ n }) => n)).toEqual([1, 2].slice(0, expected).concat(9))
      after.close()
    }
  })

  it('gives no message whose bytes were changed on disk', () => {
    const spool = open()
    for (let n = 0; n < 3; n++) spool.append(message(n, 9))
    crash(spool)
    const file = join(folder, readdirSync(folder).find((name) => name.endsWith('.spool'))!)
    const whole = readFileSync(file)
    for (let at = 8; at < whole.length; at++) {
      const damaged = Buffer.from(whole)
      damaged[at]! ^= 0x10
      writeFileSync(file, damaged)
      const after = open()
      const got = drain(after)
      expect(got).toEqual([0, 1, 2].slice(0, got.length).map((n) => message(n, 9)))
      expect(got.length).toBeLessThan(3)
      const { spool_torn_bytes, spool_dropped_messages } = after.counters
      expect(spool_torn_bytes).toBeGreaterThan(0)
      expect(spool_dropped_messages).toBeLessThanOrEqual(3 - got.length)
      after.close()
    }
  })

  it('loses and reorders nothing under random writes, reads, restarts and crashes', () => {
    const step = fc.oneof(
      { weight: 5, arbitrary: fc.constant('append') },
      { weight: 4, arbitrary: fc.constant('read') },
      fc.constantFrom('close', 'crash', 'save'),
    )
    const run = (steps: readonly string[]): void => {
      rmSync(folder, { recursive: true, force: true })
      let spool = open({ segmentBytesMax: 600 })
      let written = 0
      const seen: number[] = []
      const take = (): void => {
        const next = spool.peek()
        if (!next) return
        seen.push(next.message.n)
        spool.done(next.place)
      }
      const reopen = (): void => {
        spool = open({ segmentBytesMax: 600 })
      }
      const actions: Readonly<Record<string, () => void>> = {
        append: () => spool.append(message(written++)),
        read: take,
        save: () => spool.saveCursor(),
        close: () => {
          spool.close()
          reopen()
        },
        crash: () => {
          crash(spool)
          reopen()
        },
      }
      for (const each of steps) actions[each]!()
      seen.push(...drain(spool).map(({ n }) => n))
      spool.close()
      // Those that were read come again after a crash, in order; none is missing.
      expect([...new Set(seen)]).toEqual(Array.from({ length: written }, (_, n) => n))
    }
    fc.assert(fc.property(fc.array(step, { maxLength: 50 }), run), { numRuns: 100 })
  })

  it('is one process’s alone', () => {
    const spool = open()
    const again = SpoolFolder.open({ folder, bytesMax: 1000 })
    expect(again.ok ? '' : again.error).toMatch(/is in use by process \d+: give each sensor/)
    spool.close()
    open().close()
  })

  const noMount = process.getuid?.() !== 0 ? 'only root may mount' : undefined
  it.skipIf(noMount)('makes room on a full disk, and counts what it cannot write', () => {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', folder])
    try {
      const spool = open({ segmentBytesMax: 8000 })
      for (let n = 0; n < 200; n++) spool.append(message(n, 1000))
      const { counters } = spool
      const kept = drain(spool).map(({ n }) => n)
      expect(kept.length).toBeGreaterThan(20)
      expect(kept).toEqual(Array.from({ length: kept.length }, (_, n) => 200 - kept.length + n))
      expect(counters.spool_dropped_messages).toBe(200 - kept.length)
      spool.append(message(1, 100_000))
      expect(counters.spool_unwritten_messages).toBe(1)
      spool.append(message(2, 1000))
      expect(drain(spool).map(({ n }) => n)).toEqual([2])
      spool.close()
    } finally {
      execFileSync('umount', [folder])
    }
  })
})

/** A bus that is away until told otherwise. */
function createSwitchedBus() {
  const sent: number[] = []
  let isUp = true
  let waiting: (() => void)[] = []
  const bus: BusSender = {
    async send({ n }) {
      while (!isUp) await new Promise<void>((resolve) => waiting.push(resolve))
      sent.push(n)
    },
    end() {},
  }
  return {
    bus,
    sent,
    set(up: boolean) {
      isUp = up
      for (const resume of waiting) resume()
      waiting = []
    },
  }
}

describe('createSpool', () => {
  it('sends at once while the bus is there, without touching the disk', async () => {
    const { bus, sent } = createSwitchedBus()
    const disk = open()
    const spool = createSpool({ disk, to: bus })
    for (let n = 0; n < 10; n++) await spool.send(message(n))
    expect(await spool.drained(1000)).toBe(true)
    expect(sent).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    expect(readdirSync(folder)).toEqual(['goldpan.pid'])
    spool.close()
  })

  it('goes on without the bus, and sends in order when it is back', async () => {
    const { bus, sent, set } = createSwitchedBus()
    set(false)
    const spool = createSpool({ disk: open(), to: bus, memoryBytesMax: 100 })
    for (let n = 0; n < 20; n++) await spool.send(message(n))
    await delay(10)
    expect(spool.diskBytes).toBeGreaterThan(20 * 20)
    set(true)
    for (let n = 20; n < 25; n++) await spool.send(message(n))
    expect(await spool.drained(2000)).toBe(true)
    expect(sent).toEqual(Array.from({ length: 25 }, (_, n) => n))
    spool.close()
  })

  it('puts what waits too long on disk, so that a kill loses little', async () => {
    const { bus, sent, set } = createSwitchedBus()
    set(false)
    const spool = createSpool({ disk: open(), to: bus, memoryMillisMax: 40 })
    await spool.send(message(0))
    await delay(120)
    expect(spool.diskBytes).toBeGreaterThan(20)
    set(true)
    await spool.send(message(1))
    expect(await spool.drained(2000)).toBe(true)
    expect(sent).toEqual([0, 1])
    spool.close()
  })

  it('sends what an earlier run left before anything new', async () => {
    const away = createSwitchedBus()
    away.set(false)
    const first = createSpool({ disk: open(), to: away.bus })
    for (let n = 0; n < 5; n++) await first.send(message(n))
    first.close()
    const { bus, sent } = createSwitchedBus()
    const second = createSpool({ disk: open(), to: bus })
    await second.send(message(5))
    expect(await second.drained(2000)).toBe(true)
    expect(sent).toEqual([0, 1, 2, 3, 4, 5])
    second.close()
  })

  it('tries the same message again after a failure, and counts it', async () => {
    let tries = 0
    const sent: number[] = []
    const bus: BusSender = {
      async send({ n }) {
        if (tries++ === 0) throw new Error('refused')
        sent.push(n)
      },
      end() {},
    }
    const failures: unknown[] = []
    const spool = createSpool({ disk: open(), to: bus, onFailure: (error) => failures.push(error) })
    await spool.send(message(0))
    await spool.send(message(1))
    expect(await spool.drained(5000)).toBe(true)
    expect(sent).toEqual([0, 1])
    expect(spool.counters.spool_failed_sends).toBe(1)
    expect(failures).toHaveLength(1)
    spool.close()
  })
})

async function allOf(receiver: BusReceiver): Promise<BusMessage[]> {
  const messages: BusMessage[] = []
  for await (const each of receiver.receive()) messages.push(each)
  return messages
}

describe('createSpool with a bus that refuses a message for ever', () => {
  it('drops that message, counts it, and goes on', async () => {
    const sent: number[] = []
    const bus: BusSender = {
      async send({ n }) {
        if (n === 1) throw Object.assign(new Error('too large'), { code: 'MESSAGE_REFUSED' })
        sent.push(n)
      },
      end() {},
    }
    const spool = createSpool({ disk: open(), to: bus })
    for (let n = 0; n < 3; n++) await spool.send(message(n))
    expect(await spool.drained(1000)).toBe(true)
    expect(sent).toEqual([0, 2])
    expect(spool.counters).toMatchObject({ spool_refused_messages: 1, spool_failed_sends: 0 })
    spool.close()
  })
})

describe('file bus', () => {
  it('gives a reader what was sent, source by source, also while it is written', async () => {
    const opened = openFileBus({ folder, source })
    if (!opened.ok) throw new Error(opened.error)
    await opened.value.send(message(0))
    const stop = new AbortController()
    const receiver = createFileBusReceiver({ folder, follow: stop.signal })
    if (!receiver.ok) throw new Error(receiver.error)
    const got: number[] = []
    for await (const { n } of receiver.value.receive()) {
      got.push(n)
      if (n === 2) stop.abort()
      else await opened.value.send(message(n + 1))
    }
    expect(got).toEqual([0, 1, 2])
    opened.value.close()
    expect(isFileBus(folder)).toBe(true)
    const again = createFileBusReceiver({ folder })
    const all = again.ok ? await allOf(again.value) : []
    expect(all).toEqual([message(0), message(1), message(2)])
  })

  it('says which segment is damaged, and reads the others', async () => {
    const opened = openFileBus({ folder, source, bytesMax: 1000 })
    if (!opened.ok) throw new Error(opened.error)
    for (let n = 0; n < 4; n++) await opened.value.send(message(n))
    opened.value.close()
    const [below] = readdirSync(folder)
    const [segment] = readdirSync(join(folder, below!)).filter((name) => name.endsWith('.spool'))
    const bytes = readFileSync(join(folder, below!, segment!))
    writeFileSync(join(folder, below!, segment!), bytes.subarray(0, 20))
    const damages: string[] = []
    const receiver = createFileBusReceiver({ folder, onDamage: (each) => damages.push(each) })
    const all = receiver.ok ? await allOf(receiver.value) : []
    expect(all.map(({ n }) => n)).toEqual([1, 2, 3])
    expect(damages).toEqual([expect.stringMatching(/segment 1 is damaged at byte 8: 12 bytes/)])
  })
})

import fc from 'fast-check'
import { expect, it } from 'vitest'
import { BootLedger, decodeCommitted } from './boot-ledger.ts'
import { type LineLimits, type LineMessage, type Range, RangeLine } from './range-line.ts'

/**
 * The model: one partition, a coordinator that fences generations, a warehouse that knows tokens,
 * and workers that may crash, lose the partition, or not learn what became of a request, which may
 * also take effect much later. It keeps every row in a list and is compared with the truth at the
 * end: each row of the log once, in the table and in what is fed by it.
 */

const limits: LineLimits = {
  ...{
    rowsMin: 8,
    rowsMax: 12,
    bytesMax: 1000,
    messagesMax: 6,
    daysMax: 3,
    ageMillis: 5,
    proofMillis: 50,
  },
}

interface Commit {
  readonly generation: number
  readonly next: number
  readonly metadata: string
}

interface Insert {
  readonly token: string
  readonly rows: readonly string[]
}

interface Worker {
  generation: number
  line: RangeLine<LineMessage> | undefined
  incarnation: string
}

class World {
  now = 0
  readonly log: LineMessage[]
  committed: { next: number; metadata: string } | undefined
  generation = 0
  owner = 0
  readonly workers: Worker[] = [0, 1, 2].map(() => ({
    generation: -1,
    line: undefined,
    incarnation: '',
  }))
  readonly tokens = new Set<string>()
  readonly table: string[] = []
  readonly ingests = new Map<string, number>()
  readonly lateCommits: Commit[] = []
  readonly lateInserts: Insert[] = []
  incarnations = 0

  constructor(log: LineMessage[]) {
    this.log = log
  }

  rebalance(to: number): void {
    this.generation++
    this.owner = to % this.workers.length
  }

  /** The worker learns of the generation, reads the committed offset, begins anew. */
  join(index: number): void {
    const worker = this.workers[index]!
    worker.generation = this.generation
    worker.line = undefined
    if (this.owner !== index) return
    const state = decodeCommitted(this.committed?.metadata)
    worker.incarnation = state?.incarnation ?? `i${this.incarnations++}`
    worker.line = new RangeLine<LineMessage>(
      {
        incarnation: worker.incarnation,
        next: this.committed?.next ?? 0,
        end: state?.end,
        ledger: state?.ledger ?? new BootLedger(),
        nowMillis: this.now,
      },
      () => limits,
    )
  }

  applyCommit({ generation, next, metadata }: Commit): boolean {
    if (generation !== this.generation) return false
    this.committed = { next, metadata }
    return true
  }

  applyInsert({ token, rows }: Insert): void {
    if (this.tokens.has(token)) return
    this.tokens.add(token)
    this.table.push(...rows)
  }

  fetch(index: number, count: number, ahead: number): void {
    const line = this.workers[index]!.line
    if (!line) return
    const from = line.position + ahead
    const messages = this.log.slice(from, from + count)
    line.take(
      messages.map((message) => ({ ...message, arrivedMillis: this.now })),
      from,
    )
  }

  /** Does the worker's next action; `fate` says what becomes of it. */
  step(index: number, fate: 'done' | 'refused' | 'lost' | 'late' | 'half'): void {
    const worker = this.workers[index]!
    const { line } = worker
    if (!line) return this.join(index)
    const action = line.action(this.now)
    if (action.do === 'look-up') {
      line.known(new Map(action.boots.map((boot) => [boot, this.ingests.get(boot) ?? 0])))
    } else if (action.do === 'commit') this.#commit(worker, line, action, fate)
    else if (action.do === 'insert') this.#insert(worker, line, action.range, fate)
  }

  #commit(
    worker: Worker,
    line: RangeLine<LineMessage>,
    { next, metadata }: { next: number; metadata: string },
    fate: string,
  ): void {
    const commit = { generation: worker.generation, next, metadata }
    if (fate === 'late') this.lateCommits.push(commit)
    const isKnown = fate === 'done' && this.applyCommit(commit)
    if (fate === 'half') this.applyCommit(commit)
    if (isKnown) return line.committed(this.now)
    // Refused or in doubt: the worker leaves, so that what is still under way is fenced off.
    if (worker.generation === this.generation)
      this.rebalance(this.owner + (fate === 'lost' ? 1 : 0))
    worker.line = undefined
  }

  #insert(
    worker: Worker,
    line: RangeLine<LineMessage>,
    range: Range<LineMessage>,
    fate: string,
  ): void {
    const insert = {
      token: `${worker.incarnation}/${range.start}-${range.end}`,
      rows: range.messages.flatMap(({ boot, firstRow, rows }, index) =>
        Array.from({ length: rows }, (_, row) => row)
          .slice(range.skips[index])
          .map((row) => `${boot}/${firstRow + row}`),
      ),
    }
    if (fate === 'refused') return
    if (fate === 'late') {
      this.lateInserts.push(insert)
      return
    }
    this.applyInsert(insert)
    if (fate === 'lost') return
    for (const [boot, nextRow] of range.nextRows) {
      this.ingests.set(boot, Math.max(this.ingests.get(boot) ?? 0, nextRow))
    }
    if (fate === 'half') worker.line = undefined
    else line.inserted()
  }

  heal(): void {
    this.rebalance(0)
    this.join(0)
    const enough = this.log.length * 30 + 100
    for (let turn = 0; turn < enough; turn++) {
      this.now += 3
      this.fetch(0, 3, 0)
      this.step(0, 'done')
    }
    for (const commit of this.lateCommits) this.applyCommit(commit)
    for (const insert of this.lateInserts) this.applyInsert(insert)
  }
}

/** Messages of three boots; some are sent twice, some cut anew, some cannot be decoded. */
const log = fc
  .array(
    fc.record({
      boot: fc.nat(2),
      rows: fc.integer({ min: 1, max: 6 }),
      back: fc.nat(4),
      isPoison: fc.boolean(),
    }),
    { minLength: 1, maxLength: 30, size: 'max' },
  )
  .map((plan) => {
    const next = [0, 0, 0]
    return plan.map(({ boot, rows, back, isPoison }, offset): LineMessage => {
      const common = { offset, bytes: 10, days: [offset >> 3], arrivedMillis: 0 }
      if (isPoison && back === 0) return { ...common, rows: 0, firstRow: 0 }
      const firstRow = Math.max(0, next[boot]! - back)
      next[boot] = Math.max(next[boot]!, firstRow + rows)
      return { ...common, boot: `boot${boot}`.padEnd(11, '-'), firstRow, rows }
    })
  })

const fates = ['done', 'done', 'done', 'refused', 'lost', 'late', 'half'] as const
const happening = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(fc.constant('fetch' as const), fc.nat(2), fc.nat(5)) },
  { weight: 8, arbitrary: fc.tuple(fc.constant('step' as const), fc.nat(2), fc.nat(6)) },
  { weight: 1, arbitrary: fc.tuple(fc.constant('rebalance' as const), fc.nat(2), fc.nat(2)) },
  { weight: 1, arbitrary: fc.tuple(fc.constant('crash' as const), fc.nat(2), fc.nat(2)) },
  { weight: 1, arbitrary: fc.tuple(fc.constant('late' as const), fc.nat(2), fc.nat(20)) },
  { weight: 2, arbitrary: fc.tuple(fc.constant('time' as const), fc.nat(2), fc.nat(60)) },
  { weight: 1, arbitrary: fc.tuple(fc.constant('ahead' as const), fc.nat(2), fc.nat(5)) },
)

function happen(world: World, [what, worker, number]: readonly [string, number, number]): void {
  if (what === 'fetch') world.fetch(worker, number, 0)
  if (what === 'ahead') world.fetch(worker, number, 1 + (number % 3))
  if (what === 'step') world.step(worker, fates[number]!)
  if (what === 'rebalance') world.rebalance(number)
  if (what === 'crash') {
    world.workers[worker]!.line = undefined
    if (world.owner === worker) world.rebalance(number)
  }
  if (what === 'time') world.now += number
  if (what === 'late') {
    const commit = world.lateCommits.splice(number, 1)[0]
    if (commit) world.applyCommit(commit)
    const insert = world.lateInserts.splice(number, 1)[0]
    if (insert) world.applyInsert(insert)
  }
}

it('puts each row of the log into the table once, whatever crashes, is late or in doubt', () => {
  fc.assert(
    fc.property(
      log,
      fc.array(happening, { maxLength: 200, size: 'max' }),
      (messages, happenings) => {
        const world = new World(messages)
        for (const each of happenings) happen(world, each)
        world.heal()
        const truth = new Set(
          messages.flatMap(({ boot, firstRow, rows }) =>
            Array.from({ length: rows }, (_, row) => `${boot}/${firstRow + row}`),
          ),
        )
        expect([...world.table].sort()).toEqual([...truth].sort())
      },
    ),
    { numRuns: 2000 },
  )
})

const message = (offset: number, rows: number, more: Partial<LineMessage> = {}): LineMessage => ({
  ...{ offset, bytes: 10, rows, days: [1], boot: 'boot0------', firstRow: offset * rows },
  ...{ arrivedMillis: 0, ...more },
})

function open(owned: { next?: number; end?: number } = {}): RangeLine<LineMessage> {
  const ledger = new BootLedger([['boot0------', 0]])
  return new RangeLine({ incarnation: 'i', next: 0, ledger, nowMillis: 0, ...owned }, () => limits)
}

const rangeOf = (line: RangeLine<LineMessage>, now: number): string => {
  const action = line.action(now)
  if (action.do === 'commit') return action.metadata.split(' ')[2]!
  return action.do
}

it('closes a range by rows, by age, before a message that is too much, and when told', () => {
  const byRows = open()
  byRows.take([message(0, 4), message(1, 3), message(2, 1)], 0)
  expect(rangeOf(byRows, 1)).toBe('3')
  const ofBacklog = open()
  ofBacklog.take([message(0, 4), message(1, 4), message(2, 4), message(3, 4)], 0)
  expect(rangeOf(ofBacklog, 1)).toBe('3')
  const byAge = open()
  byAge.take([message(0, 1), message(1, 1)], 0)
  expect(byAge.action(4)).toEqual({ do: 'wait', millis: 1 })
  expect(rangeOf(byAge, 5)).toBe('2')
  const before = open()
  before.take([message(0, 7), message(1, 7)], 0)
  expect(rangeOf(before, 1)).toBe('1')
  const byDays = open()
  byDays.take(
    [1, 2, 3, 4].map((day, offset) => message(offset, 1, { days: [day] })),
    0,
  )
  expect(rangeOf(byDays, 1)).toBe('3')
  const told = open()
  told.take([message(0, 1)], 0)
  expect(told.action(1, true).do).toBe('commit')
})

it('gathers a promised range whole, over several fetches, and nothing beyond it', () => {
  const line = open({ next: 0, end: 3 })
  line.take([message(0, 6), message(1, 6)], 0)
  expect(line.action(100)).toEqual({ do: 'wait', millis: undefined })
  line.take([message(2, 6), message(3, 6)], 2)
  const action = line.action(1)
  expect(action).toMatchObject({ do: 'insert', range: { start: 0, end: 3, rows: 18 } })
})

it('takes nothing from behind a gap', () => {
  const line = open()
  expect(line.take([message(2, 1)], 1)).toBe(false)
  expect(line.position).toBe(0)
  expect(line.take([message(2, 1)], 0)).toBe(true)
  expect(line.position).toBe(3)
})

it('promises anew before an insert when the last proof of ownership is old', () => {
  const line = open()
  line.take([message(0, 8)], 0)
  expect(line.action(1).do).toBe('commit')
  line.committed(1)
  expect(line.action(52).do).toBe('commit')
  line.committed(52)
  expect(line.action(53).do).toBe('insert')
})

it('drops rows that a boot gave before, keeps those of a grown file, counts gaps', () => {
  const line = open()
  const rows = [message(0, 3, { firstRow: 0 }), message(1, 3, { firstRow: 1 })]
  line.take([...rows, message(2, 3, { firstRow: 7 })], 0)
  line.action(1)
  line.committed(1)
  expect(line.action(1)).toMatchObject({
    range: { skips: [0, 2, 0], rows: 7, duplicateRows: 2, missingRows: 3 },
  })
})

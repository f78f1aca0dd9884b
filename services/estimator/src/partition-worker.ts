import { setTimeout as delay } from 'node:timers/promises'
import type { Log, Topic } from '@goldpan/runtime'
import {
  type FetchedRecords,
  type Membership,
  type OwnedPartition,
  OwnershipLost,
} from '@goldpan/runtime/kafka'
import type { Warehouse } from '@goldpan/warehouse'
import { type Backlog, mustPause } from './backlog.ts'
import { type Block, buildBlock, insertBlock, type RejectCounts } from './block.ts'
import { BootLedger, bootKey, decodeCommitted } from './boot-ledger.ts'
import { type CheckedRecord, checkRecord } from './check-record.ts'
import type { DeadLetterSink } from './dead-letters.ts'
import { readIngests, writeIngests } from './ingest-ledger.ts'
import type { EstimatorMetrics } from './metrics.ts'
import type { NetworkTable } from './network-table.ts'
import { type LineLimits, type Range, RangeLine } from './range-line.ts'
import type { SensorClocks } from './sensor-clocks.ts'

/** What all partitions of one estimator share. */
export interface WorkerShared {
  readonly warehouse: Warehouse
  readonly networks: () => NetworkTable | undefined
  readonly deadLetters: DeadLetterSink
  readonly limits: () => LineLimits
  readonly backlog: Backlog
  readonly clocks: SensorClocks
  readonly metrics: EstimatorMetrics
  readonly log: Log
  /** Milliseconds that only grow. */
  readonly now: () => number
  readonly newIncarnation: () => string
}

const pauseMillisMin = 100
const pauseMillisMax = 5_000

interface Prepared {
  readonly range: Range<CheckedRecord>
  readonly token: string
  readonly block: Block | undefined
  readonly rejected: RejectCounts
}

/** Does what a {@link RangeLine} says, for as long as the partition is ours. */
export class PartitionWorker {
  readonly #shared: WorkerShared
  readonly #membership: Membership
  readonly #topic: Topic
  readonly #partition: number
  readonly #incarnation: string
  readonly #line: RangeLine<CheckedRecord>
  /** Names of the boots that wait, by their keys. */
  readonly #names = new Map<string, Pick<CheckedRecord, 'source' | 'bootName'>>()
  #prepared: Prepared | undefined
  #highWatermark = 0
  #isLost = false
  #isDraining = false
  #isPaused = false
  #isLookingForGap = false
  #pauseMillis = pauseMillisMin
  #wake: () => void = () => {}

  constructor(shared: WorkerShared, membership: Membership, owned: OwnedPartition) {
    this.#shared = shared
    this.#membership = membership
    this.#topic = owned.topic as Topic
    this.#partition = owned.partition
    const state = decodeCommitted(owned.metadata)
    this.#incarnation = state?.incarnation ?? shared.newIncarnation()
    this.#line = new RangeLine(
      {
        incarnation: this.#incarnation,
        next: owned.next,
        end: state?.end,
        ledger: state?.ledger ?? new BootLedger(),
        nowMillis: shared.now(),
      },
      shared.limits,
    )
    membership.seek(this.#topic, this.#partition, owned.next)
    membership.resume(this.#topic, this.#partition)
  }

  /** Decodes and takes what was fetched. */
  fetched({ from, records, highWatermark }: FetchedRecords): void {
    if (this.#isLost || this.#isDraining) return
    this.#highWatermark = highWatermark
    if (from > this.#line.position) {
      void this.#closeGap()
      return
    }
    const now = this.#shared.now()
    const wanted = records.filter(({ offset }) => offset >= this.#line.position)
    const checked = wanted.map((record) => checkRecord(this.#topic, record, now))
    for (const { boot, source, bootName } of checked) {
      if (boot !== undefined) this.#names.set(boot, { source, bootName })
    }
    this.#line.take(checked, from)
    this.#steer()
    this.#wake()
  }

  /** The partition is not ours any more. */
  lose(): void {
    this.#isLost = true
    this.#steer()
    this.#wake()
  }

  /** Closes what is here, and takes no more. */
  drain(): void {
    this.#isDraining = true
    this.#wake()
  }

  /** Resolves when the partition is lost or drained. */
  async run(): Promise<void> {
    try {
      while (!this.#isLost && (await this.#turn()));
    } catch (error) {
      if (!(error instanceof OwnershipLost)) throw error
    }
  }

  /** One action; false when there is nothing more to do. */
  async #turn(): Promise<boolean> {
    const { now, metrics } = this.#shared
    const action = this.#line.action(now(), this.#isDraining)
    switch (action.do) {
      case 'wait':
        if (this.#isDraining) return false
        await this.#waitForChange(action.millis)
        break
      case 'look-up':
        await this.#persist('the boots cannot be looked up', () => this.#lookUp(action.boots))
        break
      case 'commit': {
        await this.#membership.commit(this.#topic, this.#partition, action.next, action.metadata)
        this.#line.committed(now())
        // What waited is on its way now: fetch while it is inserted.
        this.#steer()
        metrics.lag(this.#topic, this.#partition, this.#highWatermark - action.next)
        break
      }
      case 'insert': {
        const isThere = await this.#persist('a block is not known to be inserted', () =>
          this.#insert(action.range),
        )
        if (isThere) this.#conclude()
        // The range stays promised: whoever owns the partition next completes it.
        else if (this.#isDraining) return false
        break
      }
    }
    return true
  }

  /** Tries once; a failure is counted, told and waited for: the line then says what to do. */
  async #persist(failure: string, work: () => Promise<void>): Promise<boolean> {
    const { log, metrics } = this.#shared
    try {
      await work()
      this.#pauseMillis = pauseMillisMin
      return !this.#isLost
    } catch (error) {
      metrics.insertRetried()
      const { topic, partition, reason } = { ...this.#where(), reason: (error as Error).message }
      log.warnRarely({ topic, partition, reason }, `${failure}, trying again`)
      await this.#waitForLoss(this.#pauseMillis)
      this.#pauseMillis = Math.min(this.#pauseMillis * 2, pauseMillisMax)
      return false
    }
  }

  #where() {
    return { topic: this.#topic, partition: this.#partition }
  }

  async #lookUp(keys: readonly string[]): Promise<void> {
    const names = keys.map((key) => this.#names.get(key)!)
    const boots = [...new Set(names.map(({ bootName }) => bootName))]
    const found = await readIngests(this.#shared.warehouse, this.#topic, boots)
    const nextRows = new Map<string, number>(keys.map((key) => [key, 0]))
    for (const { source, boot, nextRow } of found) {
      const key = bootKey(source.service, source.site, source.sensor, boot)
      if (nextRows.has(key)) nextRows.set(key, nextRow)
    }
    this.#line.known(nextRows)
  }

  /** Block, dead letters, ledger, in this order: what the ledger says is in the warehouse. */
  async #insert(range: Range<CheckedRecord>): Promise<void> {
    if (this.#prepared?.range !== range) this.#prepared = this.#prepare(range)
    const { token, block } = this.#prepared
    const { warehouse, deadLetters, metrics } = this.#shared
    const started = this.#shared.now()
    if (block) await insertBlock(warehouse, block, token)
    const dead = range.messages.filter(({ dead: letter }) => letter !== undefined)
    if (dead.length > 0) await deadLetters.write(this.#where(), dead, `dead/${token}`)
    const boots = [...range.nextRows].map(([key, end]) => {
      const { source, bootName } = this.#names.get(key)!
      return { source, boot: bootName, topic: this.#topic, end }
    })
    if (boots.length > 0) await writeIngests(warehouse, boots, `ingests/${token}`)
    metrics.inserted(this.#topic, (this.#shared.now() - started) / 1000)
  }

  #prepare(range: Range<CheckedRecord>): Prepared {
    const rejected: RejectCounts = {}
    const parts = range.messages.flatMap((message, index) =>
      message.dead === undefined
        ? [
            {
              source: message.source,
              rows: message.decoded,
              skip: range.skips[index]!,
              isClockWrong: message.isClockWrong,
              busMillis: message.busMillis,
            },
          ]
        : [],
    )
    const networks = this.#shared.networks()
    const block = buildBlock(this.#topic, parts, { networks, rejected })
    const { start, end } = range
    const token = `${this.#topic}/${this.#incarnation}/${this.#partition}/${start}-${end}`
    return { range, token, block, rejected }
  }

  #conclude(): void {
    const { range, block, rejected } = this.#prepared!
    this.#prepared = undefined
    this.#line.inserted()
    this.#shared.metrics.concluded(this.#topic, { range, rows: block?.rows ?? 0, rejected })
    this.#shared.clocks.note(range.messages)
    if (this.#line.waitingMessages === 0) this.#names.clear()
    this.#steer()
  }

  /** Pauses fetching while too much waits, and resumes it. */
  #steer(): void {
    this.#shared.backlog.note(this, this.#isLost ? 0 : this.#line.waitingRows)
    if (this.#isLost) return
    const isPaused = mustPause(this.#line, this.#shared.limits().rowsMax, this.#isPaused)
    if (isPaused === this.#isPaused) return
    this.#isPaused = isPaused
    if (isPaused) this.#membership.pause(this.#topic, this.#partition)
    else this.#membership.resume(this.#topic, this.#partition)
  }

  /** What was fetched lies behind the position: go back, unless the log begins there now. */
  async #closeGap(): Promise<void> {
    if (this.#isLookingForGap) return
    this.#isLookingForGap = true
    try {
      const start = await this.#membership.logStart(this.#topic, this.#partition)
      const expired = start - this.#line.position
      if (expired > 0) {
        this.#shared.metrics.expired(this.#topic, expired)
        this.#shared.log.warn(
          { ...this.#where(), expired },
          'messages expired before they were read',
        )
        this.#line.skipTo(start)
        this.#wake()
      }
      if (!this.#isLost) this.#membership.seek(this.#topic, this.#partition, this.#line.position)
    } catch (error) {
      const reason = (error as Error).message
      this.#shared.log.warnRarely(
        { ...this.#where(), reason },
        'a gap was not closed, trying again',
      )
    } finally {
      this.#isLookingForGap = false
    }
  }

  async #waitForChange(millis: number | undefined): Promise<void> {
    const changed = new Promise<void>((resolve) => {
      this.#wake = resolve
    })
    if (millis === undefined) return changed
    const timer = new AbortController()
    const due = delay(Math.max(millis, 1), undefined, { signal: timer.signal })
    await Promise.race([changed, due.catch(() => undefined)])
    timer.abort()
  }

  async #waitForLoss(millis: number): Promise<void> {
    const end = this.#shared.now() + millis
    for (let left = millis; left > 0 && !this.#isLost; left = end - this.#shared.now()) {
      await this.#waitForChange(left)
    }
  }
}

import { type Finding, ok, type Result } from '@goldpan/core'
import {
  type AnalyzerExtent,
  readAnalyzerExtent,
  readMinuteRows,
  readSensorProgress,
  type Warehouse,
} from '@goldpan/warehouse'
import { type Analyzer, type AnalyzerSite, createAnalyzer } from './analyzer.ts'
import { createAnalyzerMemory } from './analyzer-memory.ts'
import { type Decidable, decidableMinute, type SetAside } from './decidable-minute.ts'
import { countKnownNetworks, type KnownNetworks, learnNetworks } from './known-networks.ts'
import type { LiveMemory } from './memory-codec.ts'
import type { MinuteWindow } from './minute-window.ts'
import { createPrefixTable } from './prefix-table.ts'
import { createSensorPatience } from './sensor-patience.ts'
import type { StateStore } from './state-store.ts'
import { readPrefixes, readWindows, summarizeExtents } from './window-reader.ts'

export interface WatchOptions {
  readonly warehouse: Warehouse
  readonly service: string
  readonly store: StateStore
  /** What is known of the sites now. */
  readonly sites: () => Promise<readonly AnalyzerSite[]>
  /** Minutes decided under one state at most; default a day: catching up is worth no state each. */
  readonly minutesPerState?: number
  /** Where to begin when nothing was decided yet; default where the data do. */
  readonly firstMinute?: number
}

/** What one look at the warehouse brought. */
export interface WatchRound {
  /** The last minute decided so far, since 1970; absent where there is none. */
  readonly minute?: number
  readonly minutesDecided: number
  /** Findings that this round opened, resolved or measured anew. */
  readonly changed: readonly Finding[]
  readonly open: readonly Finding[]
  /** Handshakes that came after their minute was decided. */
  readonly lateRows: number
  /** Live sensors that minutes are decided without. */
  readonly setAside: readonly SetAside[]
  /** Sites with handshakes of which no file of the operator's says anything. */
  readonly unknownSites: readonly string[]
  /** What the analyzer knows of the client prefixes. */
  readonly knownNetworks: KnownNetworks
  /** Packet time between the last decided minute's end and the farthest sensor, seconds. */
  readonly lagSeconds: number
  /** Nothing follows: every input ended and every minute is decided. */
  readonly ended: boolean
  /** Another watcher decided these minutes: what was computed here was thrown away. */
  readonly superseded: boolean
}

interface DecidedStep {
  readonly minutes: number
  readonly changed: readonly Finding[]
  readonly ended: boolean
}

const minutesPerStateDefault = 1440
/** How far back rows may come late and still be counted, minutes. */
const lateMinutes = 60
/** Sensors that were heard within this many minutes before the last decided one may be live. */
const heardMinutes = 10

/** The live analyzer of one service: remembers between rounds, and follows other watchers. */
export class Watch {
  readonly #options: WatchOptions
  #memory: LiveMemory | undefined
  #digest: string | undefined
  #analyzer: Analyzer | undefined
  #unknownSites: readonly string[] = []
  /** What the warehouse has of each finding, as JSON. */
  #told = new Map<string, string>()
  /** Late handshakes that were counted, by the minute they belong to. */
  readonly #late = new Map<number, number>()
  readonly #patience = createSensorPatience()

  constructor(options: WatchOptions) {
    this.#options = options
  }

  /**
   * Decides what can be decided now, at most the minutes of one state. Throws what the warehouse
   * throws; the next round then goes on from the last state. `nowSeconds`, of any steady clock,
   * judges how long a sensor has been silent; without it, no lagging sensor is waited for.
   */
  async round(nowSeconds?: number): Promise<Result<WatchRound, string>> {
    try {
      return await this.#round(nowSeconds)
    } catch (error) {
      this.#forget()
      throw error
    }
  }

  async #round(nowSeconds: number | undefined): Promise<Result<WatchRound, string>> {
    const loaded = await this.#follow()
    if (!loaded.ok) return loaded
    const { warehouse, service } = this.#options
    const decided = this.#memory?.state.minute
    const sinceMicros = decided === undefined ? 0 : (decided - heardMinutes) * 60e6
    const sensors = await readSensorProgress(warehouse, { service, sinceMicros })
    if (nowSeconds !== undefined) this.#patience.note(sensors, nowSeconds)
    const decidable = decidableMinute(sensors, (sensor) =>
      nowSeconds === undefined ? 'behind' : this.#patience.givenUp(sensor),
    )
    const farthest = Math.max(0, ...sensors.map(({ passedMicros }) => passedMicros))
    const step = await this.#decide(decidable)
    if (step === 'superseded') this.#forget()
    const minute = this.#memory?.state.minute
    return ok({
      ...(minute === undefined ? {} : { minute }),
      minutesDecided: step === 'superseded' ? 0 : step.minutes,
      changed: step === 'superseded' ? [] : step.changed,
      open: this.#analyzer?.findings().filter(({ state }) => state === 'open') ?? [],
      lateRows: await this.#countLate(),
      setAside: decidable.setAside,
      unknownSites: this.#unknownSites,
      knownNetworks: countKnownNetworks(this.#memory?.table ?? createPrefixTable(0)),
      lagSeconds: minute === undefined ? 0 : Math.max(0, farthest / 1e6 - (minute + 1) * 60),
      ended: step !== 'superseded' && step.ended,
      superseded: step === 'superseded',
    })
  }

  /** Takes over the newest state where it is not this watcher's own. */
  async #follow(): Promise<Result<undefined, string>> {
    const { store } = this.#options
    if (this.#memory && (await store.isNewest(this.#digest))) return ok(undefined)
    this.#forget()
    const loaded = await store.load()
    if (!loaded.ok) return loaded
    if (!loaded.value) return ok(undefined)
    this.#memory = loaded.value.memory
    this.#digest = loaded.value.digest
    this.#analyzer = await this.#createAnalyzer(this.#memory)
    // A watcher that was killed behind its state may not have told what is in it.
    await this.#tell(this.#memory.state.minute)
    return ok(undefined)
  }

  #forget(): void {
    this.#memory = undefined
    this.#digest = undefined
    this.#analyzer = undefined
    this.#told = new Map()
  }

  async #createAnalyzer(memory: LiveMemory): Promise<Analyzer> {
    const known = new Map((await this.#options.sites()).map((site) => [site.code, site]))
    const { service } = this.#options
    this.#unknownSites = memory.sites.filter((code) => !known.has(code))
    const sites = memory.sites.map((code) => known.get(code) ?? { code })
    return createAnalyzer({ service, sites, table: memory.table, weight: memory.weight }, memory)
  }

  /** Decides the next minutes, and writes their state before their findings. */
  async #decide(decidable: Decidable): Promise<DecidedStep | 'superseded'> {
    const span = await this.#nextSpan(decidable)
    if (!span) return { minutes: 0, changed: [], ended: decidable.ended }
    const { warehouse, service, store } = this.#options
    const { firstMinute, lastMinute, rows, isLast } = span
    const [fromMicros, toMicros] = [firstMinute * 60e6, (lastMinute + 1) * 60e6]
    const bounds = { warehouse, service, firstMinute, lastMinute, fromMicros, toMicros }
    const learned = await readPrefixes({ ...bounds, table: span.memory.table })
    const memory = learnNetworks(span.memory, learned)
    const analyzer = await this.#createAnalyzer(memory)
    const { table, sites } = memory
    for await (const window of readWindows({ ...bounds, table, sites, rows })) {
      const before = Math.max(memory.state.minute, firstMinute - 1)
      analyzer.advance(window)
      noteDecided(memory.decidedRows, before, window)
    }
    if (isLast) analyzer.finish()
    const stored = await store.decide(memory)
    if (!stored) return 'superseded'
    this.#memory = stored.memory
    this.#digest = stored.digest
    this.#analyzer = analyzer
    const minutes = lastMinute - firstMinute + 1
    return { minutes, changed: await this.#tell(lastMinute), ended: isLast }
  }

  /** The minutes to decide next, and the memory that they go into; undefined where none is due. */
  async #nextSpan({ lastMinute, ended }: Decidable) {
    if (lastMinute === undefined) return undefined
    const { warehouse, service } = this.#options
    const first = this.#memory ? this.#memory.state.minute + 1 : await this.#firstMinute(lastMinute)
    if (first === undefined || first > lastMinute) return undefined
    const { minutesPerState = minutesPerStateDefault } = this.#options
    const extentsTo = (last: number): Promise<AnalyzerExtent[]> => {
      const span = { service, fromMicros: first * 60e6, toMicros: (last + 1) * 60e6 }
      return readAnalyzerExtent(warehouse, span)
    }
    let last = Math.min(lastMinute, first + minutesPerState - 1)
    const extents = await extentsTo(last)
    if (extents.length === 0 && last < lastMinute) {
      // Where years have no row, no state is kept of each of their days.
      const ahead = await extentsTo(lastMinute)
      last = ahead.length === 0 ? lastMinute : summarizeExtents(ahead).firstMinute - 1
    }
    const isLast = ended && last === lastMinute
    // Behind the last row of an input that ended there is nothing to decide.
    if (isLast && extents.length === 0) return undefined
    const { rows, weight, lastMinute: lastWithRows } = summarizeExtents(extents)
    const memory = this.#memory ?? createLiveMemory(weight)
    const codes = extents.map(({ site }) => site)
    memory.sites.push(...codes.filter((code) => !memory.sites.includes(code)))
    const end = isLast ? lastWithRows : last
    return { memory, firstMinute: first, lastMinute: end, rows, isLast }
  }

  /** Where the data of the service begin. */
  async #firstMinute(lastMinute: number): Promise<number | undefined> {
    const { warehouse, service, firstMinute } = this.#options
    if (firstMinute !== undefined) return firstMinute
    const toMicros = (lastMinute + 1) * 60e6
    const extents = await readAnalyzerExtent(warehouse, { service, fromMicros: 0, toMicros })
    return extents.length === 0 ? undefined : summarizeExtents(extents).firstMinute
  }

  /** Writes the findings that are not in the warehouse as they are now. */
  async #tell(minute: number): Promise<readonly Finding[]> {
    const changed: Finding[] = []
    for (const finding of this.#analyzer!.findings()) {
      const text = JSON.stringify(finding)
      if (this.#told.get(finding.id) === text) continue
      this.#told.set(finding.id, text)
      changed.push(finding)
    }
    await this.#options.store.tell(changed, minute)
    return changed
  }

  /** Rows of decided minutes that were not there at the decision; counted once. */
  async #countLate(): Promise<number> {
    const memory = this.#memory
    if (!memory || memory.decidedRows.size === 0) return 0
    const minutes = [...memory.decidedRows.keys()]
    const rows = await readMinuteRows(this.#options.warehouse, {
      service: this.#options.service,
      fromMicros: Math.min(...minutes) * 60e6,
      toMicros: (Math.max(...minutes) + 1) * 60e6,
    })
    let late = 0
    for (const { minute, handshakes } of rows) {
      const decided = memory.decidedRows.get(minute)
      if (decided === undefined || handshakes <= decided) continue
      late += handshakes - decided - (this.#late.get(minute) ?? 0)
      this.#late.set(minute, handshakes - decided)
    }
    for (const minute of this.#late.keys()) {
      if (!memory.decidedRows.has(minute)) this.#late.delete(minute)
    }
    return late
  }
}

/** Keeps the rows of the last minutes; those behind `before` that brought none count, too. */
function noteDecided(decided: Map<number, number>, before: number, window: MinuteWindow): void {
  const oldest = window.minute - lateMinutes + 1
  for (let silent = Math.max(before + 1, oldest); silent < window.minute; silent++) {
    decided.set(silent, 0)
  }
  decided.set(window.minute, window.handshakes.length)
  for (const minute of decided.keys()) if (minute < oldest) decided.delete(minute)
}

const createLiveMemory = (weight: LiveMemory['weight']): LiveMemory => ({
  ...createAnalyzerMemory(),
  sites: [],
  weight,
  table: createPrefixTable(),
  decidedRows: new Map(),
})

import { setTimeout } from 'node:timers/promises'
import type { Finding } from '@goldpan/core'
import type { Log, Readiness } from '@goldpan/runtime'
import {
  readAnalyzerSites,
  readNewestMigration,
  readServices,
  type Warehouse,
} from '@goldpan/warehouse'
import type { SetAside } from './decidable-minute.ts'
import type { KnownNetworks } from './known-networks.ts'
import type { WatchMetrics } from './metrics.ts'
import { createRollUps } from './roll-ups.ts'
import { createStateStore } from './state-store.ts'
import { createWatchNotices, type WatchNotices } from './watch-notices.ts'
import { Watch, type WatchRound } from './watch-round.ts'

export interface WatchAppOptions {
  readonly warehouse: Warehouse
  /** Address or folder of the warehouse, for what the log says of it. */
  readonly where: string
  /** Named services; empty: every one that a sensor speaks of. */
  readonly services: readonly string[]
  readonly everyMillis: number
  /** Minutes decided in one step at most. */
  readonly minutesPerState: number
  /** Names this process in the states that it writes. */
  readonly watcher: string
  /** Ends when nothing more can be decided, instead of waiting for what comes. */
  readonly untilCaughtUp: boolean
  readonly log: Log
  readonly metrics: WatchMetrics
  readonly stopping: AbortSignal
}

export interface WatchApp {
  readiness(): Readiness
  /** Resolves with the exit code: 0 when caught up or stopped, 1 when catching up failed. */
  run(): Promise<number>
}

/** Looks at the warehouse again and again, service by service. */
export function createWatchApp(options: WatchAppOptions): WatchApp {
  const { log, stopping, untilCaughtUp } = options
  const watches = new Map<string, Watch>()
  const failures = new Map<string, string>()
  const open = new Map<string, readonly Finding[]>()
  /** The last decided minute of each service. */
  const decided = new Map<string, number>()
  const setAside = new Map<string, readonly SetAside[]>()
  const rollUps = createRollUps(options)
  const notices = createWatchNotices(log)

  /** One look at a service; whether another one is worth it at once. */
  const look = async (service: string): Promise<boolean> => {
    const watch = watches.get(service) ?? createWatch(options, service)
    watches.set(service, watch)
    const seconds = performance.now() / 1000
    const round = await watch
      .round(untilCaughtUp ? undefined : seconds)
      .catch((error: Error) => ({ ok: false, error }) as const)
    if (!round.ok) {
      const reason = typeof round.error === 'string' ? round.error : round.error.message
      options.metrics.rounds.inc({ service, result: 'failed' })
      log.warnRarely({ service, reason }, 'a round failed, the last decided minute stands')
      failures.set(service, reason)
      return false
    }
    failures.delete(service)
    note(options, service, round.value, performance.now() / 1000 - seconds)
    notices.ofRound(service, round.value)
    open.set(service, round.value.open)
    setAside.set(service, round.value.setAside)
    if (round.value.minute !== undefined) decided.set(service, round.value.minute)
    countOpen(options.metrics, [...open.values()].flat())
    nameSetAside(options.metrics, setAside)
    return round.value.minutesDecided > 0 || round.value.superseded
  }
  const lookAtAll = async (): Promise<void> => {
    for (const service of await servicesOf(options, notices)) {
      while (!stopping.aborted && (await look(service)));
    }
    rollUps.start(Math.min(...decided.values()))
  }
  return {
    readiness: () => ({
      notReady: [...failures].map(([service, reason]) => `${service}: ${reason}`),
    }),
    async run() {
      while (!stopping.aborted) {
        await lookAtAll()
          .then(() => failures.delete(''))
          .catch((error: Error) => {
            failures.set('', error.message)
            log.warnRarely({ reason: error.message }, 'the warehouse cannot be read')
          })
        if (untilCaughtUp) break
        await setTimeout(options.everyMillis, undefined, { signal: stopping }).catch(() => {})
      }
      await rollUps.settle()
      return untilCaughtUp && failures.size > 0 ? 1 : 0
    },
  }
}

async function servicesOf(
  { services, warehouse, where }: WatchAppOptions,
  notices: WatchNotices,
): Promise<readonly string[]> {
  const present = await readServices(warehouse)
  const isEmpty = present.length === 0
  const migration = isEmpty ? await readNewestMigration(warehouse) : 0
  notices.ofServices({ wanted: services, present, where, migration })
  return services.length > 0 ? services : present
}

function createWatch(options: WatchAppOptions, service: string): Watch {
  const { warehouse, watcher, minutesPerState } = options
  return new Watch({
    ...{ warehouse, service, minutesPerState },
    store: createStateStore({ warehouse, service, watcher }),
    sites: () => readAnalyzerSites(warehouse),
  })
}

function note(
  { metrics, log }: WatchAppOptions,
  service: string,
  round: WatchRound,
  seconds: number,
): void {
  const { minute, minutesDecided, superseded } = round
  const result = superseded ? 'superseded' : minutesDecided > 0 ? 'decided' : 'idle'
  metrics.rounds.inc({ service, result })
  if (minutesDecided > 0) metrics.roundSeconds.observe(seconds)
  metrics.minutes.inc({ service }, minutesDecided)
  if (minute !== undefined) metrics.decidedUntil.set({ service }, (minute + 1) * 60)
  metrics.lag.set({ service }, round.lagSeconds)
  metrics.lateRows.inc({ service }, round.lateRows)
  notePrefixes(metrics, service, round.knownNetworks)
  for (const finding of round.changed) tell(metrics, log, finding)
}

function notePrefixes(metrics: WatchMetrics, service: string, known: KnownNetworks): void {
  const { networkAndCountry, networkAlone, countryAlone, neither } = known
  metrics.prefixes.set({ service, known: 'network_and_country' }, networkAndCountry)
  metrics.prefixes.set({ service, known: 'network' }, networkAlone)
  metrics.prefixes.set({ service, known: 'country' }, countryAlone)
  metrics.prefixes.set({ service, known: 'none' }, neither)
}

function countOpen(metrics: WatchMetrics, open: readonly Finding[]): void {
  metrics.open.reset()
  for (const { kind, severity, service } of open) metrics.open.inc({ service, kind, severity })
}

function nameSetAside(
  metrics: WatchMetrics,
  setAside: ReadonlyMap<string, readonly SetAside[]>,
): void {
  metrics.setAside.reset()
  for (const [service, sensors] of setAside) {
    for (const { site, sensor, reason } of sensors) {
      metrics.setAside.set({ service, site, sensor, reason }, 1)
    }
  }
}

function tell(metrics: WatchMetrics, log: Log, finding: Finding): void {
  const { id, kind, severity, state, service, sentence } = finding
  metrics.told.inc({ service, state })
  log.info({ service, id, kind, severity, state, sentence }, 'finding')
}

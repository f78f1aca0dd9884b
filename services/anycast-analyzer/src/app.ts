import { setTimeout } from 'node:timers/promises'
import type { Finding } from '@goldpan/core'
import type { Log, Readiness } from '@goldpan/runtime'
import { readAnalyzerSites, readServices, type Warehouse } from '@goldpan/warehouse'
import { describeBlindness, type KnownNetworks } from './known-networks.ts'
import type { WatchMetrics } from './metrics.ts'
import { createRollUps } from './roll-ups.ts'
import { createStateStore } from './state-store.ts'
import { Watch, type WatchRound } from './watch-round.ts'

export interface WatchAppOptions {
  readonly warehouse: Warehouse
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
  const rollUps = createRollUps(options)

  const sayWhatCannotBeFound = createBlindnessLog(log)

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
    sayWhatCannotBeFound(service, round.value)
    open.set(service, round.value.open)
    if (round.value.minute !== undefined) decided.set(service, round.value.minute)
    countOpen(options.metrics, [...open.values()].flat())
    return round.value.minutesDecided > 0 || round.value.superseded
  }
  const lookAtAll = async (): Promise<void> => {
    for (const service of await servicesOf(options)) {
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

async function servicesOf({ services, warehouse }: WatchAppOptions): Promise<readonly string[]> {
  return services.length > 0 ? services : readServices(warehouse)
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
  metrics.setAside.set({ service }, round.setAside)
  metrics.late.set({ service }, round.lateSensors)
  notePrefixes(metrics, service, round.knownNetworks)
  for (const finding of round.changed) tell(metrics, log, finding)
  if (round.setAside > 0) {
    log.warnRarely({ service }, 'sensors are set aside, their clocks are off the median')
  }
}

function notePrefixes(metrics: WatchMetrics, service: string, known: KnownNetworks): void {
  const { networkAndCountry, networkAlone, countryAlone, neither } = known
  metrics.prefixes.set({ service, known: 'network_and_country' }, networkAndCountry)
  metrics.prefixes.set({ service, known: 'network' }, networkAlone)
  metrics.prefixes.set({ service, known: 'country' }, countryAlone)
  metrics.prefixes.set({ service, known: 'none' }, neither)
}

/** Says once a service what cannot be found, again when it is something else, and its end. */
function createBlindnessLog(log: Log) {
  const told = new Map<string, string>()
  return (service: string, { minutesDecided, knownNetworks }: WatchRound): void => {
    if (minutesDecided === 0) return
    const blindness = describeBlindness(knownNetworks)
    if (blindness?.kind === told.get(service)) return
    if (blindness) {
      told.set(service, blindness.kind)
      log.warn({ service }, blindness.sentence)
    } else {
      told.delete(service)
      log.info({ service }, 'networks and countries of most client prefixes are known now')
    }
  }
}

function countOpen(metrics: WatchMetrics, open: readonly Finding[]): void {
  metrics.open.reset()
  for (const { kind, severity, service } of open) metrics.open.inc({ service, kind, severity })
}

function tell(metrics: WatchMetrics, log: Log, finding: Finding): void {
  const { id, kind, severity, state, service, sentence } = finding
  metrics.told.inc({ service, state })
  log.info({ service, id, kind, severity, state, sentence }, 'finding')
}

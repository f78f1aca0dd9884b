import type { Finding } from '@goldpan/core'
import { type AnalyzerMemory, createAnalyzerMemory } from './analyzer-memory.ts'
import type { AnalyzerView } from './analyzer-view.ts'
import { detectors } from './detectors.ts'
import { createFindingBook } from './finding-book.ts'
import { toFinding } from './finding-format.ts'
import type { MinuteWindow } from './minute-window.ts'
import type { PrefixState } from './prefix-columns.ts'
import { advancePrefixState } from './prefix-state.ts'
import { type GroupLevel, groupLevels, type PrefixTable } from './prefix-table.ts'
import { silentMinutes } from './silent-stretch.ts'
import { createSiteFates } from './site-fate.ts'
import { prefixesMin, standingEveryMinutes, standingMinutes } from './threshold.ts'

export interface AnalyzerSite {
  readonly code: string
  /** `local` sites serve their surroundings only: no alternative for others. Default: global. */
  readonly reach?: string
  /** `4`, `6` or `46`; default both. */
  readonly families?: string
}

export interface AnalyzerConfig {
  readonly service: string
  /** The sites by number. */
  readonly sites: readonly AnalyzerSite[]
  /** Prefixes by number, with their networks; may grow between windows. */
  readonly table: PrefixTable
  /** What counts: queries where every site has traffic counts, else handshakes. */
  readonly weight: 'queries' | 'handshakes'
}

/**
 * Walks through a service's data minute by minute: the same code over a file and live.
 * Deterministic: what it finds follows from the windows alone.
 */
export interface Analyzer {
  /**
   * Takes in a minute, decided once; returns the findings that it opened or resolved. Between it
   * and the last one nobody was seen.
   */
  advance(window: MinuteWindow): readonly Finding[]
  /** The input is over: judges what stands though the data may be shorter than an hour. */
  finish(): readonly Finding[]
  /** All findings so far, as they are now. */
  findings(): readonly Finding[]
}

/** A displaced part of a group smaller than this is not looked at: no move of most of it. */
const suspectShare = 0.05

/** An analyzer before its first minute, or one that goes on with what another remembered. */
export function createAnalyzer(
  config: AnalyzerConfig,
  memory: AnalyzerMemory = createAnalyzerMemory(config.table.length),
): Analyzer {
  const { table, sites, service, weight } = config
  const { state, failures } = memory
  const book = createFindingBook(service, memory.tracked)
  const context = { service, state, table, sites: sites.map(({ code }) => code), weight }

  const look = (judgeStanding: boolean): AnalyzerView => {
    const suspects = suspectGroups(config, state)
    return {
      state,
      table,
      minute: state.minute,
      isAlternative(site, ipVersion) {
        const { reach, families } = sites[site]!
        return reach !== 'local' && (!families || families.includes(String(ipVersion)))
      },
      fates: createSiteFates(state, table, failures),
      judgeStanding,
      suspects: (level) => suspects.get(level) ?? [],
    }
  }
  const judge = (view: AnalyzerView): Finding[] => {
    const changed = [...book.follow(view)]
    for (const detector of detectors) {
      for (const assertion of detector.detect(view)) {
        const opened = book.open(view, assertion)
        if (opened) changed.push(opened)
      }
    }
    if (view.judgeStanding) book.refresh(view)
    return changed.map((tracked) => toFinding(context, tracked))
  }
  const take = (window: MinuteWindow): Finding[] => {
    advancePrefixState(state, window, table.length, weight)
    const minutes = window.minute - state.firstMinute + 1
    const due = minutes >= standingMinutes && minutes % standingEveryMinutes === 0
    return judge(look(due))
  }
  return {
    advance(window) {
      const changed: Finding[] = []
      for (const silent of silentMinutes(state, window.minute)) changed.push(...take(silent))
      changed.push(...take(window))
      return changed
    },
    finish: () => (state.minute < 0 ? [] : judge(look(true))),
    findings: () => book.findings.map((tracked) => toFinding(context, tracked)),
  }
}

/** The groups of which enough prefixes are away from home to look at them. */
function suspectGroups({ table }: AnalyzerConfig, state: PrefixState): Map<GroupLevel, number[]> {
  const counts = new Map<number, number>()
  for (const prefix of state.displaced) {
    if (state.claimed[prefix]! > 0 || state.handshakes[prefix] === 0) continue
    for (const level of groupLevels) {
      const group = table.groupOf(prefix, level)
      counts.set(group, (counts.get(group) ?? 0) + 1)
    }
  }
  counts.delete(-1)
  const enough = [...counts].filter(([index, count]) => {
    return count >= Math.max(prefixesMin, suspectShare * table.groups[index]!.members.length)
  })
  return Map.groupBy(
    enough.map(([index]) => index),
    (index) => table.groups[index]!.level,
  )
}

import { addressBytes, type Finding, formatPacketTime, formatPrefix } from '@goldpan/core'
import type { TrackedFinding } from './finding-book.ts'
import type { PrefixState } from './prefix-columns.ts'
import { weightPerSecond } from './prefix-state.ts'
import type { PrefixTable } from './prefix-table.ts'

/** A tracked finding in the words of the contract (DESIGN §9). */

const prefixesListed = 100
const countriesSpoken = 5

export interface FindingContext {
  readonly service: string
  readonly state: PrefixState
  readonly table: PrefixTable
  /** Codes by site number. */
  readonly sites: readonly string[]
  readonly weight: 'queries' | 'handshakes'
}

/** The finding as it is stored and printed. */
export function toFinding(context: FindingContext, tracked: TrackedFinding): Finding {
  const { assertion, evidence, group } = tracked
  const standing = assertion.onsetMinute === undefined
  const excessMillis = evidence.excessMicros / 1000
  const from = assertion.siteFrom === undefined ? undefined : context.sites[assertion.siteFrom]!
  const unmeasuredShare =
    evidence.unmeasuredWeight / (evidence.measuredWeight + evidence.unmeasuredWeight)
  const measured = tracked.weightPerSecond * (1 - unmeasuredShare)
  const queriesPerSecond = rounded(measured)
  const excess = rounded(excessMillis)
  return {
    id: tracked.id,
    incident: tracked.incident,
    kind: assertion.kind,
    severity: assertion.severity,
    state: tracked.resolvedMinute === undefined ? 'open' : 'resolved',
    service: context.service,
    ip_version: group.ipVersion,
    scope: {
      asns: group.asn === undefined ? [] : [group.asn],
      countries: [...assertion.countries],
      prefixes: heaviestPrefixes(context, tracked.members),
    },
    ...(from === undefined ? {} : { site_from: from }),
    site_to: context.sites[assertion.siteTo]!,
    standing,
    ...(standing ? {} : { onset: formatMinute(assertion.onsetMinute!) }),
    // A minute is decided at its end.
    opened: formatMinute(tracked.openedMinute + 1),
    ...(tracked.resolvedMinute === undefined
      ? {}
      : { resolved: formatMinute(tracked.resolvedMinute + 1) }),
    samples: evidence.samples,
    prefixes_measured: evidence.prefixesMeasured,
    unmeasured_queries_per_second: rounded(tracked.weightPerSecond * unmeasuredShare),
    ...(standing ? {} : { rtt_before_us: evidence.possibleMicros }),
    rtt_now_us: evidence.nowMicros,
    rtt_possible_us: evidence.possibleMicros,
    possible_source: evidence.possibleSource,
    queries_per_second: queriesPerSecond,
    weight: context.weight,
    excess_ms: excess,
    lost_time: rounded(queriesPerSecond * excess),
    sentence: sentence(context, tracked, queriesPerSecond),
  }
}

function formatMinute(minute: number): string {
  return formatPacketTime(minute * 60e6)
}

function rounded(value: number): number {
  return Math.round(value * 1000) / 1000
}

function heaviestPrefixes({ state, table }: FindingContext, members: readonly number[]): string[] {
  return members
    .map((prefix) => ({ prefix, weight: weightPerSecond(state, prefix) }))
    .sort((left, right) => right.weight - left.weight || left.prefix - right.prefix)
    .slice(0, prefixesListed)
    .map(({ prefix }) => formatPrefix(table.bytes(), prefix * addressBytes))
}

function sentence(context: FindingContext, tracked: TrackedFinding, perSecond: number): string {
  const { assertion, evidence } = tracked
  const who = speakOfClients(context, tracked)
  const now = millis(evidence.nowMicros)
  const possible = millis(evidence.possibleMicros)
  const { low, high } = evidence.difference
  const interval = `95 % interval ${millis(low)}–${millis(high)}`
  const rate = `${speakRate(perSecond)} ${context.weight}/s`
  const lost = `${rate} lose ${millis(evidence.excessMicros)} each`
  const to = context.sites[assertion.siteTo]!
  const since = assertion.onsetMinute === undefined ? '' : `since ${clock(assertion.onsetMinute)} `
  if (assertion.kind === 'flapping') {
    const other =
      assertion.siteFrom === undefined ? 'other sites' : context.sites[assertion.siteFrom]!
    return (
      `${who} alternate ${since}between ${other} and ${to}, where they have ${now} instead of ` +
      `${possible}: ${lost} while there. Look for a load balancer or an unstable route to them.`
    )
  }
  if (assertion.kind === 'polarization') {
    const whose = evidence.possibleSource === 'history' ? 'they had' : 'their neighbours have'
    const onset = assertion.onsetMinute
    const served =
      onset === undefined
        ? `are all served by ${to}`
        : `have all been served by ${to} since ${clock(onset)}`
    return (
      `${who} ${served}: median ${now} where ${whose} ${possible} ` +
      `at nearer sites (median difference ${interval}); ${lost}. ` +
      `Check how ${to} and the nearer sites are announced to this network and its transits.`
    )
  }
  const from = context.sites[assertion.siteFrom!]!
  return (
    `${who} moved from ${from} to ${to} at ${clock(assertion.onsetMinute!)}: median ${possible} ` +
    `became ${now} (median difference ${interval}); ${lost}. Check the announcements of ${from} ` +
    `towards them, and whether ${to} is newly preferred or leaked.`
  )
}

function speakOfClients({ table }: FindingContext, { assertion, group }: TrackedFinding): string {
  const named = assertion.countries.slice(0, countriesSpoken).join(', ')
  const more = assertion.countries.length - countriesSpoken
  const where = `${named}${more > 0 ? ` and ${more} more` : ''}`
  const version = `over IPv${group.ipVersion}`
  if (group.asn === undefined) {
    return `Clients of ${table.countries[group.country!]} in every network ${version}`
  }
  return `Clients of AS${group.asn}${where === '' ? '' : ` in ${where}`} ${version}`
}

function millis(micros: number): string {
  return `${(micros / 1000).toFixed(Math.abs(micros) < 10_000 ? 1 : 0)} ms`
}

function speakRate(perSecond: number): string {
  return perSecond < 10 ? perSecond.toFixed(2) : perSecond.toFixed(0)
}

function clock(minute: number): string {
  return `${formatMinute(minute).slice(0, 16).replace('T', ' ')} UTC`
}

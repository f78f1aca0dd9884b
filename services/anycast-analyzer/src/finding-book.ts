import { createHash } from 'node:crypto'
import type { AnalyzerView, Assertion } from './analyzer-view.ts'
import { unlikelyByChance } from './country-spread.ts'
import { weightOf } from './move.ts'
import { findPair, type PrefixState } from './prefix-columns.ts'
import type { ClientGroup, PrefixTable } from './prefix-table.ts'
import { compareRtts, historyOf, type RttEvidence } from './rtt-evidence.ts'
import { firstSwing, provesFlapping, type Swings } from './swing-watch.ts'
import { isConfirmed, type SeenAgain } from './thin-move.ts'
import {
  awayShareResolved,
  earlyMinutes,
  overMinutes,
  releasedShare,
  sameOnsetMinutes,
} from './threshold.ts'

/** One assertion followed from its opening to its end. */
export interface TrackedFinding {
  readonly id: string
  readonly incident: string
  /** What was asserted at first; becomes `flapping` where that proves true. */
  assertion: Assertion
  readonly swings: Swings
  /** Of a thin move: how often its clients were seen away, and at home, lately. */
  seenAgain?: SeenAgain
  readonly group: ClientGroup
  /** Grows with clients that are seen away later. */
  readonly members: number[]
  readonly openedMinute: number
  evidence: RttEvidence
  /** Of the members, a second: since the onset, at most the last hour. */
  weightPerSecond: number
  /** First minute since which it has looked over; absent while it holds. */
  overSince?: number
  resolvedMinute?: number
}

/** What was asserted so far: opens, follows and resolves findings, and binds them to incidents. */
export interface FindingBook {
  readonly findings: readonly TrackedFinding[]
  /** Opens what the assertion says, unless an open finding speaks of the same cause. */
  open(view: AnalyzerView, assertion: Assertion): TrackedFinding | undefined
  /** Takes late movers in, resolves what is over, renames what flaps; returns what changed. */
  follow(view: AnalyzerView): readonly TrackedFinding[]
  /** Measures the open findings anew. */
  refresh(view: AnalyzerView): void
}

/** The book of a service that goes on with `findings`. */
export function createFindingBook(service: string, findings: TrackedFinding[] = []): FindingBook {
  const open = (): TrackedFinding[] => findings.filter((one) => one.resolvedMinute === undefined)
  return {
    findings,
    open(view, assertion) {
      const group = view.table.groups[assertion.group]!
      const same = open().find((one) => isRemainder(view, one, group, assertion))
      if (same) {
        claim(view.state, same, assertion.members)
        return undefined
      }
      const id = identify(service, group, view.table, assertion, true)
      const again = findings.find((one) => one.id === id)
      if (again) return reopen(view, again, assertion)
      const finding: TrackedFinding = {
        id,
        incident:
          findings.find((one) => isSameCause(one, group, assertion))?.incident ??
          identify(service, group, view.table, assertion, false),
        assertion,
        swings: firstSwing(),
        group,
        members: [],
        openedMinute: view.minute,
        evidence: assertion.evidence,
        weightPerSecond: 0,
      }
      claim(view.state, finding, assertion.members)
      absorbLateMovers(view, [finding])
      finding.weightPerSecond = weightSinceOnset(view, finding)
      findings.push(finding)
      return finding
    },
    follow(view) {
      const following = open()
      if (following.length > 0) absorbLateMovers(view, following)
      const flapping = findings.filter((finding) => provesFlapping(view, finding))
      for (const finding of flapping) {
        finding.assertion = { ...finding.assertion, kind: 'flapping', severity: 'note' }
      }
      const confirmed = following.filter((finding) => isConfirmed(view, finding))
      for (const finding of confirmed) {
        finding.assertion = { ...finding.assertion, severity: 'page' }
      }
      const over = following.filter((finding) => isOver(view, finding) && resolve(view, finding))
      return [...new Set([...over, ...flapping, ...confirmed])]
    },
    refresh(view) {
      for (const finding of open()) measure(view, finding)
    },
  }
}

function claim(state: PrefixState, finding: TrackedFinding, prefixes: readonly number[]): void {
  for (const prefix of prefixes) {
    finding.members.push(prefix)
    state.claimed[prefix]!++
  }
}

/** What stood, seemed over and stands again is the same finding. */
function reopen(
  view: AnalyzerView,
  finding: TrackedFinding,
  { members, evidence }: Assertion,
): TrackedFinding {
  delete finding.resolvedMinute
  delete finding.overSince
  delete finding.seenAgain
  finding.members.length = 0
  finding.evidence = evidence
  claim(view.state, finding, members)
  return finding
}

function resolve(view: AnalyzerView, finding: TrackedFinding): true {
  finding.resolvedMinute = view.minute
  for (const prefix of finding.members) {
    view.state.claimed[prefix]!--
    // Having been sent there is no habit: the same move may be told again.
    const pair = findPair(view.state, prefix, finding.assertion.siteTo)
    if (pair >= 0) view.state.pairSightings[pair] = 0
  }
  return true
}

/** Clients that ask seldom are seen away later than the others of their group. */
function absorbLateMovers(
  { state, table }: AnalyzerView,
  following: readonly TrackedFinding[],
): void {
  const byGroup = new Map(
    following
      .filter((finding) => finding.assertion.onsetMinute !== undefined)
      .map((finding) => [finding.assertion.group, finding]),
  )
  if (byGroup.size === 0) return
  for (const prefix of state.displaced) {
    if (state.claimed[prefix]! > 0 || state.handshakes[prefix] === 0) continue
    const finding =
      byGroup.get(table.groupOf(prefix, 'country')) ??
      byGroup.get(table.groupOf(prefix, 'network')) ??
      byGroup.get(table.groupOf(prefix, 'network_in_country'))
    if (!finding) continue
    const onset = finding.assertion.onsetMinute!
    if (state.runSince[prefix]! >= onset - earlyMinutes) claim(state, finding, [prefix])
  }
}

/** Whether an assertion is what wrong countries leave over of an open finding's network. */
function isRemainder(
  view: AnalyzerView,
  finding: TrackedFinding,
  group: ClientGroup,
  assertion: Assertion,
): boolean {
  if (group.level === 'country' || group.ipVersion !== finding.group.ipVersion) return false
  if (assertion.siteTo !== finding.assertion.siteTo) return false
  if (!isNear(assertion.onsetMinute, finding.assertion.onsetMinute)) return false
  const claimed = finding.members.filter((prefix) => view.table.asn(prefix) === group.asn).length
  return claimed > 0 && assertion.members.length < unlikelyByChance(claimed)
}

function isNear(left: number | undefined, right: number | undefined): boolean {
  if (left === undefined || right === undefined) return left === right
  return Math.abs(left - right) <= sameOnsetMinutes
}

/** One incident for one cause: IPv4 and IPv6 of a group, or groups on the same new way. */
function isSameCause(finding: TrackedFinding, group: ClientGroup, assertion: Assertion): boolean {
  if (finding.resolvedMinute !== undefined) return false
  if (!isNear(finding.assertion.onsetMinute, assertion.onsetMinute)) return false
  const sameGroup = finding.group.asn === group.asn && finding.group.country === group.country
  const sameSite = assertion.siteTo === finding.assertion.siteTo
  const sameNetwork = group.asn !== undefined && finding.group.asn === group.asn && sameSite
  const sameWay =
    assertion.onsetMinute !== undefined &&
    assertion.siteFrom === finding.assertion.siteFrom &&
    assertion.siteTo === finding.assertion.siteTo
  return sameGroup || sameNetwork || sameWay
}

/** A hash of what identifies a finding; of its incident, where the IP version is left out. */
function identify(
  service: string,
  group: ClientGroup,
  table: PrefixTable,
  { kind, siteFrom, siteTo, onsetMinute }: Assertion,
  withVersion: boolean,
): string {
  const country = group.country === undefined ? '' : table.countries[group.country]
  const what = [service, kind, group.asn ?? '', country, siteFrom ?? '', siteTo, onsetMinute ?? '']
  const text = JSON.stringify(withVersion ? [...what, group.ipVersion] : what)
  return createHash('sha256').update(text).digest('hex').slice(0, 16)
}

/** Whether the finding has looked over for long enough; keeps count of it. */
function isOver(view: AnalyzerView, finding: TrackedFinding): boolean {
  const { state } = view
  const recent = finding.members.filter(
    (prefix) => state.lastSeen[prefix]! > view.minute - overMinutes,
  )
  const still = recent.filter((prefix) => isAffected(state, finding, prefix))
  const total = weightOf(state, recent)
  const share = total > 0 ? weightOf(state, still) / total : 1
  const { onsetMinute } = finding.assertion
  if (share >= (onsetMinute === undefined ? releasedShare : awayShareResolved)) {
    delete finding.overSince
    return false
  }
  finding.overSince ??= view.minute
  return view.minute - finding.overSince >= overMinutes
}

function isAffected(state: PrefixState, finding: TrackedFinding, prefix: number): boolean {
  return finding.assertion.onsetMinute === undefined
    ? state.current[prefix] === finding.assertion.siteTo
    : state.current[prefix] !== state.home[prefix]
}

function measure(view: AnalyzerView, finding: TrackedFinding): void {
  const { state } = view
  if (finding.overSince !== undefined) return
  finding.weightPerSecond = weightSinceOnset(view, finding)
  // What neighbours could do does not change by the quarter of an hour: history is measured anew.
  if (finding.assertion.onsetMinute === undefined) return
  const affected = finding.members.filter((prefix) => isAffected(state, finding, prefix))
  finding.evidence = compareRtts(state, affected, historyOf(state)) ?? finding.evidence
}

/** Weight a second since the onset, at most over about the last hour. */
function weightSinceOnset(view: AnalyzerView, finding: TrackedFinding): number {
  const { state } = view
  const onset = finding.assertion.onsetMinute
  if (onset === undefined || view.minute - onset >= 60) return weightOf(state, finding.members)
  let weight = 0
  for (const prefix of finding.members) {
    if (state.current[prefix] !== state.home[prefix]) weight += state.runWeight[prefix]!
  }
  return weight / ((view.minute - onset + 1) * 60)
}

import { createAnalyzer } from '@goldpan/anycast-analyzer'
import type { Finding } from '@goldpan/core'
import { plantEvent, type RoughEvent, type RoughTruth, roughEvents } from './rough-event.ts'
import { addFlapping, roughMinutes, roughStartMinute } from './rough-minutes.ts'
import { asnOf, createRoughWorld, type RoughSize, type RoughWorld } from './rough-world.ts'

/**
 * Recall and false alarms of the detectors on drawn days, fed minute by minute without a warehouse.
 *
 *   node bench/detectors.ts [FIRST_SEED] [EVENT_DAYS] [QUIET_DAYS] [HOURS] [queries|handshakes]
 *
 * `handshakes`: no site has traffic counts, only handshakes are seen.
 *
 * Seeds below 10000 were looked at while tuning; those from 10000 on only report.
 */

const [, , firstSeed = '10000', eventDays = '50', quietDays = '20', hours = '24', by] = process.argv
const weight = by === 'handshakes' ? 'handshakes' : 'queries'
const minutes = Number(hours) * 60

const sizes: readonly Omit<RoughSize, 'seed'>[] = [
  { sites: 6, networks: 100, prefixesPerNetwork: 6, queriesPerSecond: 300, tcpShare: 0.15 },
  { sites: 8, networks: 150, prefixesPerNetwork: 12, queriesPerSecond: 600, tcpShare: 0.08 },
  { sites: 14, networks: 300, prefixesPerNetwork: 10, queriesPerSecond: 900, tcpShare: 0.05 },
]

interface Day {
  readonly world: RoughWorld
  readonly truth: RoughTruth | undefined
  readonly findings: readonly Finding[]
  readonly cpuSeconds: number
}

/** A day, or undefined where the seed's world has no room for the event. */
function runDay(seed: number, event: RoughEvent | undefined): Day | undefined {
  const world = createRoughWorld({ seed, ...sizes[seed % sizes.length]! })
  const truth = event && plantEvent(world, event, minutes)
  if (event && !truth) return undefined
  // An event day has nuisances, too; only its own clients do not flip.
  const spare = new Set(world.clients.filter(({ away }) => away).map(({ network }) => network))
  if (truth?.asn !== undefined) spare.add(truth.asn - 1000)
  addFlapping(world, minutes, spare)
  const analyzer = createAnalyzer({
    service: 'ns1.example',
    sites: world.sites.map((code) => ({ code })),
    table: world.table,
    weight,
  })
  let cpuMicros = 0
  for (const window of roughMinutes(world, minutes)) {
    if (weight === 'handshakes') window.seen.length = 0
    const before = process.cpuUsage()
    analyzer.advance(window)
    const used = process.cpuUsage(before)
    cpuMicros += used.user + used.system
  }
  analyzer.finish()
  return { world, truth, findings: analyzer.findings(), cpuSeconds: cpuMicros / 1e6 }
}

/** Minutes between the true onset and the finding's. */
function onsetError(truth: RoughTruth, finding: Finding): number {
  if (truth.onset === undefined || finding.onset === undefined) return 0
  return Date.parse(finding.onset) / 60_000 - (roughStartMinute + truth.onset)
}

function isCulprit(truth: RoughTruth, { kind, scope, site_from, site_to }: Finding): boolean {
  const wantedKind = truth.event.startsWith('pol') ? 'polarization' : 'detour_by_site'
  const scopeFits =
    truth.asn === undefined
      ? scope.asns.length === 0 && scope.countries[0] === truth.country
      : scope.asns[0] === truth.asn
  const fromFits = truth.siteFrom === undefined || truth.siteFrom === site_from
  return kind === wantedKind && scopeFits && fromFits && site_to === truth.siteTo
}

/**
 * Whether a network fits the definition of polarization by the draw alone: 80 % of it at one site
 * and 20 % with a site that is 20 ms nearer. Finding it is right, though nothing was planted.
 */
function isDrawnPolarized(world: RoughWorld, { kind, standing, scope, ip_version }: Finding) {
  if (kind !== 'polarization' || !standing) return false
  const clients = world.clients.filter(({ network, number }) => {
    return asnOf(network) === scope.asns[0] && world.table.ipVersion(number) === ip_version
  })
  const weigh = (part: typeof clients): number =>
    part.reduce((sum, { perMinute }) => sum + perMinute, 0)
  const atSite = Map.groupBy(clients, ({ home }) => home)
  const most = Math.max(...[...atSite.values()].map(weigh))
  const far = clients.filter((client) => {
    const nearest = world.rttMillis(client, world.ranked(client)[0]!)
    return world.rttMillis(client, client.home) - nearest >= 20
  })
  return most >= 0.8 * weigh(clients) && weigh(far) >= 0.2 * weigh(clients)
}

function describeFinding(finding: Finding): string {
  const { severity, opened, sentence } = finding
  return `    ${severity} ${opened.slice(11, 16)} ${sentence}`
}

const errors: number[] = []
const tally = {
  days: 0,
  found: 0,
  onsetRight: 0,
  others: 0,
  quiet: 0,
  alarms: 0,
  drawn: 0,
  cpuSeconds: 0,
}
/** What the day found beside the planted event and that nobody drew. */
function unexplained(day: Day, findings: readonly Finding[]): readonly Finding[] {
  const drawn = findings.filter((finding) => isDrawnPolarized(day.world, finding))
  tally.drawn += drawn.length
  return findings.filter((finding) => !drawn.includes(finding) && finding.severity !== 'note')
}

let seed = Number(firstSeed)
for (; tally.days < Number(eventDays); seed++) {
  const event = roughEvents[seed % roughEvents.length]!
  const day = runDay(seed, event)
  if (!day) continue
  tally.days++
  tally.cpuSeconds += day.cpuSeconds
  const right = day.findings.filter((finding) => isCulprit(day.truth!, finding))
  const incidents = new Set(right.map(({ incident }) => incident))
  const others = unexplained(
    day,
    day.findings.filter(({ incident }) => !incidents.has(incident)),
  )
  tally.others += others.length
  if (right.length > 0) {
    tally.found++
    const error = Math.min(...right.map((finding) => Math.abs(onsetError(day.truth!, finding))))
    errors.push(error)
    if (error <= 2) tally.onsetRight++
    if (error > 2) console.log(`seed ${seed} ${event}: onset ${error} min off`)
  } else console.log(`seed ${seed} missed`, JSON.stringify(day.truth))
  for (const other of others) console.log(`seed ${seed} ${event} also\n${describeFinding(other)}`)
}
const lastEventSeed = seed - 1
for (; tally.quiet < Number(quietDays); seed++) {
  const day = runDay(seed, undefined)!
  tally.quiet++
  tally.cpuSeconds += day.cpuSeconds
  const alarms = unexplained(day, day.findings)
  if (alarms.length > 0) tally.alarms++
  for (const alarm of alarms) console.log(`seed ${seed} quiet\n${describeFinding(alarm)}`)
}
const sorted = errors.toSorted((left, right) => left - right)
console.log({
  seeds: `${firstSeed}-${lastEventSeed} events, ${lastEventSeed + 1}-${seed - 1} quiet`,
  hours: Number(hours),
  weight,
  eventDays: tally.days,
  recall: tally.found / tally.days,
  onsetWithin2Minutes: tally.onsetRight / tally.found,
  onsetErrorMinutesMedian: sorted[sorted.length >> 1],
  onsetErrorMinutesMax: sorted.at(-1),
  otherAlarmsOnEventDays: tally.others,
  standingByTheDrawAlone: tally.drawn,
  quietDays: tally.quiet,
  quietDaysWithAlarm: tally.alarms,
  detectorCpuSecondsPerDay: tally.cpuSeconds / (tally.days + tally.quiet),
})

import {
  type Analyzer,
  createAnalyzer,
  createMinuteWindowBuilder,
  createPrefixTable,
  type PrefixTable,
} from '@goldpan/anycast-analyzer'
import { addressBytes, type Finding, handshakeFlag } from '@goldpan/core'
import { simulateMinutes, type TrueEvent, worldTruth } from '@goldpan/simulator'
import {
  type DrawnWorld,
  drawWorld,
  type Variety,
  varieties,
  type WorldEventName,
  worldEvents,
} from './drawn-world.ts'

/**
 * Recall and false alarms on days of packages/simulator, through its fast path and the analyzer.
 *
 *   node bench/detectors-worlds.ts [FIRST_SEED] [EVENT_DAYS] [QUIET_DAYS] [VARIETY]
 *
 * Varieties take turns. Seeds below 10000 were looked at while tuning; those from 10000 on report.
 */

const [, , firstSeed = '10000', eventDays = '50', quietDays = '20', only] = process.argv
const chosen = varieties.filter(({ name }) => only === undefined || name === only)

interface Day {
  readonly truth: TrueEvent | undefined
  readonly findings: readonly Finding[]
}

/** The prefixes as an enriched warehouse has them. */
function tableOf({ population }: DrawnWorld, variety: Variety): PrefixTable {
  const table = createPrefixTable()
  for (const { bytes, network, countryOnFile } of population.prefixes) {
    const { asn } = population.networks[network]!
    table.add(bytes, 0, asn, variety.withoutCountries ? '' : countryOnFile)
  }
  return table
}

function analyze(drawn: DrawnWorld, variety: Variety): Analyzer {
  const { world, population } = drawn
  const table = tableOf(drawn, variety)
  const analyzer = createAnalyzer({
    service: world.service,
    sites: world.sites.map((code) => ({ code })),
    table,
    weight: variety.handshakesOnly ? 'handshakes' : 'queries',
  })
  const builder = createMinuteWindowBuilder(1 << 12)
  for (const { minuteSeconds, sites } of simulateMinutes(world, population)) {
    for (const [site, { handshakes, traffic }] of sites.entries()) {
      for (let row = 0; row < traffic.length && !variety.handshakesOnly; row++) {
        const prefix = table.find(traffic.prefix, row * addressBytes)
        builder.addSeen(prefix, site, traffic.udpQueries[row]! + traffic.tcpQueries[row]!)
      }
      for (let row = 0; row < handshakes.length; row++) {
        if (handshakes.flags[row]! & handshakeFlag.ambiguous) continue
        const prefix = table.find(handshakes.prefix, row * addressBytes)
        builder.addHandshake(prefix, site, handshakes.rttMicros[row]!)
      }
    }
    analyzer.advance(builder.take(minuteSeconds / 60))
  }
  analyzer.finish()
  return analyzer
}

function runDay(seed: number, variety: Variety, event?: WorldEventName): Day | undefined {
  const drawn = drawWorld(seed, variety, event)
  if (!drawn) return undefined
  const [truth] = worldTruth(drawn.world, drawn.population)
  return { truth, findings: analyze(drawn, variety).findings() }
}

function isCulprit(truth: TrueEvent, { kind, scope, site_from, site_to }: Finding): boolean {
  const scopeFits =
    truth.asn === undefined
      ? scope.countries[0] === truth.countries[0] && scope.asns.length === 0
      : scope.asns[0] === truth.asn
  const fromFits = truth.site_from === undefined || truth.site_from === site_from
  return kind === truth.kind && scopeFits && fromFits && site_to === truth.site_to
}

const minutesBetween = (later: string, earlier: string): number =>
  (Date.parse(later) - Date.parse(earlier)) / 60_000

const lateMinutes = 4

const tally = { days: 0, found: 0, onsetRight: 0, others: 0, quiet: 0, alarms: 0 }
const onsets: number[] = []
const delays: number[] = []
const lostTimeRatios: number[] = []

function judge(truth: TrueEvent, findings: readonly Finding[], name: string): void {
  tally.days++
  const right = findings.filter((finding) => isCulprit(truth, finding))
  const incidents = new Set(right.map(({ incident }) => incident))
  const others = findings.filter(
    ({ incident, severity }) => severity !== 'note' && !incidents.has(incident),
  )
  tally.others += others.length
  if (right.length === 0) console.log(`${name} missed ${JSON.stringify(truth)}`)
  else tally.found++
  for (const other of others) console.log(`${name} also\n    ${describe(other)}`)
  if (right.length === 0) return
  for (const one of right.filter(({ onset }) => onset && truth.onset)) {
    onsets.push(minutesBetween(one.onset!, truth.onset!))
    const delay = minutesBetween(one.opened, truth.onset!)
    delays.push(delay)
    if (delay > lateMinutes) console.log(`${name} told after ${delay.toFixed(0)} min`)
  }
  const off = right.map(({ onset }) =>
    Math.abs(onset && truth.onset ? minutesBetween(onset, truth.onset) : 0),
  )
  const isSameStanding = right.some(({ standing }) => standing === truth.standing)
  if (Math.min(...off) <= 2 && isSameStanding) tally.onsetRight++
  else console.log(`${name} onset ${off} min off`)
  const lost = right.reduce((sum, one) => sum + one.lost_time, 0)
  lostTimeRatios.push(lost / (truth.queries_per_second * truth.excess_ms))
}

function describe(finding: Finding): string {
  const { kind, severity, standing, opened, resolved, sentence } = finding
  const when = `${opened.slice(11, 16)}-${resolved?.slice(11, 16) ?? ''}`
  return `${kind} ${severity}${standing ? ' standing' : ''} ${when} ${sentence}`
}

let seed = Number(firstSeed)
for (let turn = 0; tally.days < Number(eventDays); seed++, turn++) {
  const variety = chosen[turn % chosen.length]!
  const event = worldEvents[(turn + Math.floor(turn / chosen.length)) % worldEvents.length]!
  // Without countries nobody can say that one moved.
  if (variety.withoutCountries && event === 'detour_country') continue
  const day = runDay(seed, variety, event)
  if (day) judge(day.truth!, day.findings, `seed ${seed} ${variety.name}, ${event}:`)
}
const lastEventSeed = seed - 1
for (let turn = 0; tally.quiet < Number(quietDays); seed++, turn++) {
  const variety = chosen[turn % chosen.length]!
  const { findings } = runDay(seed, variety)!
  const alarms = findings.filter(({ severity }) => severity !== 'note')
  tally.quiet++
  if (alarms.length > 0) tally.alarms++
  for (const alarm of alarms)
    console.log(`seed ${seed} ${variety.name}, quiet\n    ${describe(alarm)}`)
}

const quantile = (values: readonly number[], share: number): number | undefined =>
  values.toSorted((left, right) => left - right)[Math.floor(share * (values.length - 1))]
const { user, system } = process.cpuUsage()
console.log({
  seeds: `${firstSeed}-${lastEventSeed} events, ${lastEventSeed + 1}-${seed - 1} quiet`,
  ...tally,
  recall: tally.found / tally.days,
  onsetError: [0, 0.5, 1].map((share) => quantile(onsets, share)),
  minutesToOpen: [0, 0.5, 0.9, 1].map((share) => quantile(delays, share)),
  lostTimeOfTruth: [0.1, 0.5, 0.9].map((share) => quantile(lostTimeRatios, share)),
  cpuSeconds: (user + system) / 1e6,
})

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Finding, parsePacketTime, rttQuantile } from '@goldpan/core'
import {
  formatWarehouseTime,
  type GrafanaQueryName,
  readFindings,
  readGrafanaQuery,
  rollUp,
  type Warehouse,
} from '@goldpan/warehouse'
import { expandStatement, type PanelVariables } from 'grafana-dashboards-generator'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { analyzedWarehouse, drawRows, type TrueHandshake } from './panel-world.ts'
import { smallWorld } from './small-world.ts'

const folder = mkdtempSync(join(tmpdir(), 'goldpan-panels-'))
const world = smallWorld({
  hours: 2.5,
  queriesPerSecond: 12,
  globalNetworks: 2,
  events: [{ kind: 'polarization', network: 0, site: 'iad', startHour: 1.25 }],
})
const truth = drawRows(world)
const slotSeconds = 300
let warehouse: Warehouse

beforeAll(async () => {
  warehouse = await analyzedWarehouse(world, folder)
}, 180_000)
afterAll(async () => {
  await warehouse?.close()
  rmSync(folder, { recursive: true })
})

const everything = { service: [world.service], site: world.sites, ip_version: [4, 6] }

/** Runs a statement as Grafana would for the whole time range of the world. */
function ask<Row>(
  name: GrafanaQueryName,
  variables: PanelVariables = everything,
  toSeconds: number = truth.toSeconds,
  intervalSeconds: number = slotSeconds,
): Promise<Row[]> {
  const time = {
    fromMillis: truth.fromSeconds * 1000,
    toMillis: toSeconds * 1000,
    intervalSeconds,
  }
  return warehouse.query<Row>(expandStatement(readGrafanaQuery(name).sql, time, variables))
}

const slotOf = (seconds: number): string =>
  new Date(Math.floor(seconds / slotSeconds) * slotSeconds * 1000)
    .toISOString()
    .slice(0, 19)
    .replace('T', ' ')

/** Groups rows and keeps the order of the keys. */
function groupBy<Row>(rows: readonly Row[], keyOf: (row: Row) => string): [string, Row[]][] {
  const groups = new Map<string, Row[]>()
  for (const row of rows) {
    const key = keyOf(row)
    const group = groups.get(key)
    if (group) group.push(row)
    else groups.set(key, [row])
  }
  return [...groups].sort(([left], [right]) => (left < right ? -1 : 1))
}

function quantilesOf(rows: readonly TrueHandshake[], levels: readonly number[]): number[] {
  const histogram = new Map<number, number>()
  for (const { bucket } of rows) histogram.set(bucket, (histogram.get(bucket) ?? 0) + 1)
  return levels.map((level) => rttQuantile(histogram, level)!.micros)
}

/** A packet time as the warehouse prints it. */
const warehouseTimeOf = (time: string): string => formatWarehouseTime(parsePacketTime(time)!)

const sum = (numbers: readonly number[]): number => numbers.reduce((total, n) => total + n, 0)

describe('RTT panels', () => {
  it('show the median of every site and slot that the truth has', async () => {
    const rows = await ask<{ slot: string; site: string; rtt_us: number }>(
      'panel-median-rtt-by-site',
    )
    const wanted = groupBy(truth.handshakes, (row) => `${slotOf(row.timeSeconds)} ${row.site}`)
    expect(rows.map(({ slot, site, rtt_us }) => [`${slot} ${site}`, rtt_us])).toEqual(
      wanted.map(([key, group]) => [key, ...quantilesOf(group, [0.5])]),
    )
  })

  it.each([4, 6])('show the quantile bands of one site over IPv%i', async (version) => {
    const rows = await ask<Record<string, number | string>>('panel-rtt-bands', {
      ...everything,
      site: ['ams'],
      ip_version: [version],
    })
    const seen = truth.handshakes.filter(
      ({ site, client }) => site === 'ams' && client.ipVersion === version,
    )
    const wanted = groupBy(seen, ({ timeSeconds }) => slotOf(timeSeconds))
    expect(
      rows.map(({ slot, p10, p25, p50, p75, p90 }) => [slot, p10, p25, p50, p75, p90]),
    ).toEqual(
      wanted.map(([slot, group]) => [slot, ...quantilesOf(group, [0.1, 0.25, 0.5, 0.75, 0.9])]),
    )
  })

  it('rank the networks of a site by their handshakes', async () => {
    const rows = await ask<Record<string, number | string>>('panel-site-networks', {
      ...everything,
      site: ['iad'],
    })
    const seen = truth.handshakes.filter(({ site }) => site === 'iad')
    const { networks } = truth.population
    const wanted = groupBy(seen, ({ client }) => String(networks[client.network]!.asn))
      .sort(([, left], [, right]) => right.length - left.length)
      .map(([asn, group]) => [
        Number(asn),
        networks[group[0]!.client.network]!.name,
        group.length,
        ...quantilesOf(group, [0.25, 0.5, 0.75, 0.95]),
      ])
    const shown = rows.map(({ asn, name, handshakes, p25, p50, p75, p95 }) => [
      ...[asn, name, Number(handshakes), p25, p50, p75, p95],
    ])
    expect(wanted.length).toBeGreaterThan(5)
    expect(shown).toEqual(wanted.slice(0, 20))
  })

  it('rank the countries of a site as they are on file', async () => {
    const rows = await ask<Record<string, number | string>>('panel-site-countries', {
      ...everything,
      site: ['iad'],
    })
    const seen = truth.handshakes.filter(({ site }) => site === 'iad')
    const wanted = groupBy(seen, ({ client }) => client.countryOnFile)
      .sort(([, left], [, right]) => right.length - left.length)
      .map(([country, group]) => [
        ...[country, group.length],
        ...quantilesOf(group, [0.25, 0.5, 0.75, 0.95]),
      ])
    expect(wanted.length).toBeGreaterThan(3)
    expect(
      rows.map(({ country, handshakes, p25, p50, p75, p95 }) => [
        ...[country, Number(handshakes), p25, p50, p75, p95],
      ]),
    ).toEqual(wanted.slice(0, 20))
  })
})

describe('traffic panels', () => {
  it('count the handshakes a second of every site and slot', async () => {
    const rows = await ask<{ slot: string; site: string; handshakes_per_second: number }>(
      'panel-handshakes-by-site',
    )
    const wanted = groupBy(truth.handshakes, (row) => `${slotOf(row.timeSeconds)} ${row.site}`)
    expect(
      rows.map((row) => [`${row.slot} ${row.site}`, row.handshakes_per_second * slotSeconds]),
    ).toEqual(wanted.map(([key, group]) => [key, expect.closeTo(group.length, 6)]))
  })

  it('count the queries a second of every site and slot', async () => {
    const rows = await ask<{ slot: string; site: string; queries_per_second: number }>(
      'panel-queries-by-site',
    )
    const wanted = groupBy(truth.traffic, (row) => `${slotOf(row.minuteSeconds)} ${row.site}`)
    expect(
      rows.map((row) => [`${row.slot} ${row.site}`, row.queries_per_second * slotSeconds]),
    ).toEqual(
      wanted.map(([key, group]) => [
        key,
        expect.closeTo(sum(group.map(({ queries }) => queries)), 6),
      ]),
    )
  })

  it('tell the share of TCP and of truncated answers by IP version and slot', async () => {
    const rows = await ask<Record<string, string | number>>('panel-tcp-share')
    const wanted = groupBy(
      truth.traffic,
      ({ minuteSeconds, client }) => `${slotOf(minuteSeconds)} IPv${client.ipVersion}`,
    )
    expect(rows.map(({ slot, version, tcp_share }) => [`${slot} ${version}`, tcp_share])).toEqual(
      wanted.map(([key, group]) => {
        const tcp = sum(group.map(({ tcpQueries }) => tcpQueries))
        return [key, expect.closeTo(tcp / sum(group.map(({ queries }) => queries)), 9)]
      }),
    )
    // The world draws each truncated answer: a quarter of the share of TCP of its client.
    for (const [index, { truncated_share }] of rows.entries()) {
      const [, group] = wanted[index]!
      const udp = sum(group.map(({ udpQueries }) => udpQueries))
      const drawn = sum(group.map(({ udpQueries, client }) => udpQueries * client.tcpShare)) / 4
      const share = drawn / udp
      const deviation = Math.sqrt((share * (1 - share)) / udp)
      expect(Math.abs(Number(truncated_share) - share)).toBeLessThan(5 * deviation)
    }
  })

  it('tell which share of queries, prefixes and networks has ten handshakes', async () => {
    const rows = await ask<Record<string, number | string>>('panel-coverage')
    const lastHour = truth.traffic.filter(
      ({ minuteSeconds }) => minuteSeconds > truth.toSeconds - 3600,
    )
    for (const version of [4, 6]) {
      const seen = lastHour.filter(({ client }) => client.ipVersion === version)
      const share = (keyOf: (client: (typeof seen)[0]['client']) => string) => {
        const groups = groupBy(seen, ({ client }) => keyOf(client)).map(([, group]) => ({
          queries: sum(group.map(({ queries }) => queries)),
          covered: sum(group.map(({ handshakes }) => handshakes)) >= 10,
        }))
        return { groups, covered: groups.filter(({ covered }) => covered) }
      }
      const prefixes = share(({ bytes }) => bytes.join('.'))
      const networks = share(({ network }) => String(network))
      const queries = (groups: readonly { queries: number }[]) =>
        sum(groups.map((group) => group.queries))
      expect(rows[version === 4 ? 0 : 1]).toEqual({
        family: `IPv${version}`,
        queries_share: expect.closeTo(queries(prefixes.covered) / queries(prefixes.groups), 9),
        prefixes_share: expect.closeTo(prefixes.covered.length / prefixes.groups.length, 9),
        networks_share: expect.closeTo(networks.covered.length / networks.groups.length, 9),
        prefixes_seen: prefixes.groups.length,
      })
    }
  })
})

describe('finding panels', () => {
  it('show what is open, worst first, and nothing else', async () => {
    const [event] = [world.events[0]!]
    const rows = await ask<Record<string, string | number>>('panel-open-findings')
    const open = (await readFindings(warehouse, { service: world.service })).filter(
      ({ state }) => state === 'open',
    )
    expect(open.length).toBeGreaterThan(0)
    expect(rows).toEqual(
      open.map((finding) => ({
        ...{ severity: 'page', kind: event.kind, site: event.site, state: 'open' },
        ...{ service: world.service, id: finding.id, sentence: finding.sentence },
        ...{ lost_time: finding.lost_time, excess_ms: finding.excess_ms },
        queries_per_second: finding.queries_per_second,
        opened: warehouseTimeOf(finding.opened),
      })),
    )
    const [counts] = await ask<Record<string, string>>('panel-open-finding-counts')
    expect(counts).toEqual({ pages: open.length, tickets: 0, notes: 0 })
  })

  it('show a finding at the site it leads to, not at others', async () => {
    const at = (site: string) =>
      ask<{ id: string }>('panel-site-findings', { ...everything, site: [site] })
    const findings = await readFindings(warehouse, { service: world.service })
    for (const site of world.sites) {
      const ours = findings.filter(({ site_to, site_from }) => [site_to, site_from].includes(site))
      expect((await at(site)).map(({ id }) => id)).toEqual(ours.map(({ id }) => id))
    }
    expect((await at('iad')).length).toBeGreaterThan(0)
  })

  it('mark the onset of each finding in the pictures of its sites', async () => {
    const marks = await ask<Record<string, string | null>>('annotation-findings')
    const findings = await readFindings(warehouse, { service: world.service })
    expect(marks.map(({ text }) => text).sort()).toEqual(
      findings.map(({ sentence }) => sentence).sort(),
    )
    for (const mark of marks) {
      const finding = findings.find(({ sentence }) => sentence === mark.text)!
      expect(mark).toEqual({
        time: warehouseTimeOf(finding.onset ?? finding.opened),
        timeEnd: finding.resolved === undefined ? null : warehouseTimeOf(finding.resolved),
        title: `${finding.kind}, ${finding.severity}, ${finding.state}`,
        text: finding.sentence,
        tags: `${finding.severity},${finding.kind}`,
      })
    }
    const { startHour = 0 } = world.events[0]!
    const eventSeconds = truth.fromSeconds + startHour * 3600
    const onsets = marks.map(({ time }) => Date.parse(`${time!.replace(' ', 'T')}Z`) / 1000)
    for (const onset of onsets) expect(Math.abs(onset - eventSeconds)).toBeLessThanOrEqual(120)
    const before = { ...everything, site: ['nowhere'] }
    expect(await ask('annotation-findings', before)).toEqual([])
    const early = truth.fromSeconds + 3600
    expect(await ask('annotation-findings', everything, early)).toEqual([])
  })

  it('page for every open finding of severity page', async () => {
    const rows = await ask<Record<string, string | number>>('alert-finding-page-open', {})
    const stored = await warehouse.query<{ finding: string }>('SELECT finding FROM findings FINAL')
    const open = stored
      .map(({ finding }) => JSON.parse(finding) as Finding)
      .filter(({ severity, state }) => severity === 'page' && state === 'open')
    expect(rows.map(({ finding_id }) => finding_id).sort()).toEqual(open.map(({ id }) => id).sort())
    expect(rows[0]).toEqual({
      service: world.service,
      kind: 'polarization',
      finding_id: expect.any(String),
      incident: expect.any(String),
      lost_time: expect.any(Number),
    })
  })
})

describe('sensor panels', () => {
  it('count a sensor as alive while its heartbeats come', async () => {
    expect(await ask('panel-sensors-alive')).toEqual([{ alive: 3, silent: 0, known: 3 }])
    const later = await ask('panel-sensors-alive', everything, truth.toSeconds + 3600)
    expect(later).toEqual([{ alive: 0, silent: 0, known: 3 }])
  })

  it('show the last heartbeat of each sensor, and that a file ended', async () => {
    // The last packet of a capture may be later than the world's end by one RTT.
    const rows = await ask<Record<string, string>>(
      'panel-sensors',
      everything,
      truth.toSeconds + 60,
    )
    expect(rows.map(({ site, state }) => [site, state]).sort()).toEqual(
      [...world.sites].sort().map((site) => [site, 'ended']),
    )
  })

  it('have a heartbeat of every sensor in every slot', async () => {
    const rows = await ask<Record<string, string | number>>('panel-heartbeats')
    const slots = (world.hours * 3600) / slotSeconds
    const wanted = Array.from({ length: slots }, (_, slot) =>
      [...world.sites]
        .sort()
        .map((site) => `${slotOf(truth.fromSeconds + slot * slotSeconds)} ${site}/${site} 1`),
    ).flat()
    const shown = rows.map(({ slot, sensor_name, alive }) => `${slot} ${sensor_name} ${alive}`)
    // A beat at the end itself, of the last minute, may open one more slot.
    expect(shown.slice(0, wanted.length)).toEqual(wanted)
    expect(shown.length - wanted.length).toBeLessThanOrEqual(world.sites.length)
  })

  it('count events by reason, as the last heartbeats do', async () => {
    const rows = await ask<{ reason: string; events_per_second: number }>('panel-sensor-counters')
    // What the first heartbeat counted has no predecessor, and is in no difference.
    const counted = await warehouse.query<{ reason: string; events: number }>(
      `SELECT reason, toFloat64(sum(last - first)) AS events FROM
         (SELECT sensor, reason, max(count) AS last, min(count) AS first FROM sensor_status
          ARRAY JOIN mapKeys(counters) AS reason, mapValues(counters) AS count
          WHERE service = '${world.service}' GROUP BY sensor, reason)
       GROUP BY reason HAVING events > 0 ORDER BY reason`,
    )
    const shown = groupBy(rows, ({ reason }) => reason).map(([reason, group]) => ({
      reason,
      events: Math.round(
        sum(group.map(({ events_per_second }) => events_per_second * slotSeconds)),
      ),
    }))
    expect(counted.length).toBeGreaterThan(0)
    expect(shown).toEqual(counted)
  })
})

interface Lag {
  readonly table_name: string
  readonly lag_seconds: number
}

describe('ingest', () => {
  const minutesLater = (minutes: number): number => truth.toSeconds + minutes * 60
  const timeAt = (minutes: number): string => formatWarehouseTime(minutesLater(minutes) * 1e6)
  const heartbeat = (sensor: string, minutes: number, handshakes: number): object => ({
    ...{ service: 'live', site: sensor, sensor, final: false, packets: 0, bytes: 0, handshakes },
    ...{ time: timeAt(minutes), counters: {}, pending: 0, version: '' },
  })

  const askLags = async (): Promise<Record<string, number>> => {
    const rows = await ask<Lag>('alert-ingest-lags', {}, minutesLater(10))
    return Object.fromEntries(rows.map(({ table_name, lag_seconds }) => [table_name, lag_seconds]))
  }

  it('says how old the newest rows are', async () => {
    const rows = await ask<Lag>('panel-ingest-lag', {}, minutesLater(5))
    expect(rows.map(({ table_name }) => table_name)).toEqual([
      'handshakes',
      'sensor_status',
      'traffic',
    ])
    const [handshakes, sensorStatus, traffic] = rows.map(({ lag_seconds }) => lag_seconds)
    const newest = Math.max(...truth.handshakes.map(({ timeSeconds }) => timeSeconds))
    expect(handshakes).toBe(minutesLater(5) - newest)
    expect([300, 301]).toContain(sensorStatus)
    // A minute of traffic bears the time of its start.
    expect(traffic).toBe(360)
  })

  it('has a silent sensor when one stops while others go on, and no other', async () => {
    const beats = [0, 1, 2, 3, 4, 5, 6].flatMap((minute) => [
      heartbeat('b', minute, 0),
      ...(minute === 0 ? [heartbeat('a', minute, 0)] : []),
    ])
    await warehouse.insertRows('sensor_status', beats, 'beats')
    const rows = await ask('alert-sensor-silent', {}, minutesLater(6))
    expect(rows).toEqual([
      { service: 'live', site: 'a', sensor: 'a', silent_seconds: 360 },
      { service: 'live', site: 'b', sensor: 'b', silent_seconds: 0 },
    ])
  })

  it('lags by the clock where no heartbeat arrives, not where nothing is new', async () => {
    const lags = await askLags()
    expect(lags.sensor_status).toBe(240)
    expect(lags.handshakes).toBeLessThan(60)
  })

  it('lags where sensors count handshakes that do not arrive', async () => {
    await warehouse.insertRows('sensor_status', [heartbeat('b', 9, 17)], 'more')
    const { handshakes } = await askLags()
    expect(handshakes).toBeGreaterThanOrEqual(540)
    expect(handshakes).toBeLessThan(600)
  })

  it('lags where the analyzer does not decide the minutes that arrive', async () => {
    const decide = (minutes: number): Promise<void> => {
      const minute = minutesLater(minutes) / 60
      const row = { service: 'live', minute, digest: '', watcher: '', state: '' }
      return warehouse.insertRows('analyzer_states', [row], `state ${minutes}`)
    }
    const lag = async (): Promise<number | undefined> => {
      const rows = await ask<{ service: string; lag_seconds: number }>(
        'alert-analyzer-lags',
        {},
        minutesLater(10),
      )
      return rows.find(({ service }) => service === 'live')?.lag_seconds
    }
    // The newest heartbeat is at minute 9; a minute ends where the next one begins.
    await decide(0)
    expect(await lag()).toBe(480)
    await decide(8)
    expect(await lag()).toBe(0)
  })

  it('has no row in an empty warehouse where silence must not look like health', async () => {
    const before = truth.fromSeconds - 7 * 86_400
    const time = { fromMillis: before * 1000, toMillis: (before + 60) * 1000, intervalSeconds: 60 }
    for (const name of ['alert-ingest-lags', 'alert-sensor-silent'] as const) {
      expect(await warehouse.query(expandStatement(readGrafanaQuery(name).sql, time))).toEqual([])
    }
  })

  it('counts a dead letter once, however often it was written', async () => {
    const letter = (bus_offset: number): object => ({
      ...{ time: timeAt(1), reason: 'WRONG_SCHEMA', topic: 'goldpan.handshakes.v1' },
      ...{ bus_partition: 3, bus_offset, source: 'a/b/c', message: 'x' },
    })
    await warehouse.insertRows('dead_letters', [letter(1), letter(2)], 'letters')
    await warehouse.insertRows('dead_letters', [letter(2)], 'letters again')
    expect(await ask('alert-dead-letters', {}, minutesLater(10))).toEqual([
      { topic: 'goldpan.handshakes.v1', reason: 'WRONG_SCHEMA', messages: 2 },
    ])
    expect(await ask('panel-dead-letters', {}, minutesLater(10))).toMatchObject([
      { why: 'goldpan.handshakes.v1: WRONG_SCHEMA', messages: 2 },
    ])
  })
})

describe('variables', () => {
  it('offer the services and the sites of the chosen one', async () => {
    expect(await ask('variable-service')).toContainEqual({ name: world.service })
    expect(await ask('variable-site')).toEqual([...world.sites].sort().map((code) => ({ code })))
  })
})

describe('long ranges', () => {
  const day = truth.fromSeconds + 86_400
  /** The panels of RTTs, in slots of an hour up to the world's end, and as one day. */
  const askAll = async (): Promise<unknown[]> => {
    const answers: unknown[] = []
    for (const name of [
      ...(['panel-median-rtt-by-site', 'panel-rtt-bands', 'panel-handshakes-by-site'] as const),
      ...(['panel-site-networks', 'panel-site-countries'] as const),
    ]) {
      answers.push(await ask(name, everything, truth.toSeconds, 3600))
      answers.push(await ask(name, everything, day, 86_400))
    }
    return answers
  }
  const forget = (table: string): Promise<void> =>
    warehouse.command(
      `ALTER TABLE ${table} DELETE WHERE time < fromUnixTimestamp(${truth.fromSeconds + 7200})
       SETTINGS mutations_sync = 1`,
    )

  it('read whole hours and days from the rollups, and answer as the minutes do', async () => {
    const fromMinutes = await askAll()
    await rollUp(warehouse, { untilMicros: truth.toSeconds * 1e6 })
    expect(await askAll()).toEqual(fromMinutes)
    // What the minutes do not hold any more is in the hours alone.
    await forget('rtt_by_site_1m')
    await forget('rtt_by_as_1m')
    expect(await askAll()).toEqual(fromMinutes)
    await rollUp(warehouse, { untilMicros: day * 1e6 })
    await forget('rtt_by_site_1h_rows')
    await forget('rtt_by_as_1h_rows')
    const days = (answers: unknown[]) => answers.filter((_, index) => index % 2 === 1)
    expect(days(await askAll())).toEqual(days(fromMinutes))
  })
})

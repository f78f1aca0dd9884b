import { describe, expect, it } from 'vitest'
import { isSensorAlive, queueMicrosAt, siteAt } from './catchment.ts'
import { drawMinutes } from './connections.ts'
import { drawPopulation } from './population.ts'
import { simulateMinutes } from './simulate-minutes.ts'
import { worldTruth } from './truth.ts'
import { parseWorld, type World } from './world.ts'

const small = `
sites: [ams, iad, sin]
networks: 10
globalNetworks: 2
prefixesPerNetwork: 4
queriesPerSecond: 20
tcpShare: 0.3
hours: 2
`

function worldOf(more = ''): World {
  const parsed = parseWorld(small + more)
  if (!parsed.ok) throw new Error(parsed.error.message)
  return parsed.value
}

const refusal = (more: string): string | undefined => {
  const parsed = parseWorld(small + more)
  return parsed.ok ? undefined : parsed.error.message
}

describe('a world', () => {
  it('is refused with the reason', () => {
    expect(refusal('colour: red')).toContain('colour')
    expect(refusal('events: [{ kind: polarization, site: ams }]')).toBe(
      'a polarization must say whose clients move',
    )
    expect(refusal('events: [{ kind: detour_by_site, network: 99, site: ams }]')).toBe(
      'there is no network 99',
    )
    expect(refusal('nuisances: [{ kind: flood, site: syd }]')).toBe('syd is none of the sites')
  })

  it('is the same for the same seed, and another for another', () => {
    const rtts = (seed: number): string =>
      [...simulateMinutes({ ...worldOf(), seed, hours: 0.1 }, drawPopulation(worldOf()))]
        .flatMap(({ sites }) => sites.map(({ handshakes }) => handshakes.rttMicros.join()))
        .join()
    expect(rtts(1)).toBe(rtts(1))
    expect(rtts(1)).not.toBe(rtts(2))
  })
})

describe('an event', () => {
  it('sends the clients of a country, whatever their network, there and back', () => {
    const plain = drawPopulation(worldOf())
    const { country } = plain.prefixes.at(-1)!.place
    const world = worldOf(
      `
events:
  - { kind: detour_by_site, country: ${country}, site: sin, startHour: 1, endHour: 1.5 }
`,
    )
    const { prefixes } = drawPopulation(world)
    const inside = prefixes.filter(({ place }) => place.country === country)
    expect(inside.map((prefix) => siteAt(world, prefix, 60))).toEqual(inside.map(() => 2))
    expect(inside.map((prefix) => siteAt(world, prefix, 90))).toEqual(
      inside.map(({ homeSite }) => homeSite),
    )
    const [truth] = worldTruth(world, drawPopulation(world))
    expect(truth).toMatchObject({ countries: [country], site_to: 'sin', standing: false })
    expect(truth!.asn).toBeUndefined()
    expect(truth!.end).toBe('2026-01-01T01:30:00.000000Z')
  })
})

describe('a nuisance', () => {
  it('site_outage sends the clients of a site to their next best, and back', () => {
    const world = worldOf('nuisances: [{ kind: site_outage, site: ams, startHour: 1, hours: 0.5 }]')
    const { prefixes } = drawPopulation(world)
    const own = prefixes.filter(({ homeSite }) => homeSite === 0)
    expect(own.length).toBeGreaterThan(0)
    for (const prefix of own) {
      const [, iad, sin] = prefix.rttMicros
      expect(siteAt(world, prefix, 60)).toBe(iad! < sin! ? 1 : 2)
      expect(siteAt(world, prefix, 90)).toBe(0)
    }
  })

  it('flapping swings between two sites', () => {
    const { network } = drawPopulation(worldOf()).prefixes.find(({ homeSite }) => homeSite !== 2)!
    const world = worldOf(
      `
nuisances:
  - { kind: flapping, network: ${network}, site: sin, startHour: 1, swingMinutes: 3 }
`,
    )
    const prefix = drawPopulation(world).prefixes.find(
      (one) => one.network === network && one.homeSite !== 2,
    )!
    const away = Array.from({ length: 12 }, (_, at) => siteAt(world, prefix, 60 + at) === 2)
    expect(away.map(Number).join('')).toBe('000111000111')
    expect(siteAt(world, prefix, 59)).toBe(prefix.homeSite)
  })

  it('dominance makes a network ask four times as much as the others of a site', () => {
    const world = worldOf('nuisances: [{ kind: dominance, network: 3 }]')
    const { prefixes } = drawPopulation(world)
    const shares = world.sites.map((_, site) => {
      const here = prefixes.filter(({ homeSite }) => homeSite === site)
      const sum = (own: boolean): number =>
        here
          .filter(({ network }) => (network === 3) === own)
          .reduce((total, { queriesPerSecond }) => total + queriesPerSecond, 0)
      return sum(true) / sum(false)
    })
    expect(Math.max(...shares)).toBeCloseTo(4)
  })

  it('congestion rises to 25 ms and falls', () => {
    const plain = drawPopulation(worldOf()).prefixes[0]!
    const { country } = plain.place
    const world = worldOf(
      `nuisances: [{ kind: congestion, country: ${country}, startHour: 0.5, hours: 1 }]`,
    )
    const queues = [0, 30, 60, 90].map((minute) => queueMicrosAt(world, plain, minute))
    expect(queues[0]).toBe(0)
    expect(queues[2]).toBe(25_000)
    expect(queues[3]).toBe(0)
  })

  it('sensor_outage, burst, flash_crowd and flood are seen where they are', () => {
    const { country } = drawPopulation(worldOf()).prefixes[0]!.place
    const world = worldOf(`
nuisances:
  - { kind: sensor_outage, site: ams, startHour: 0, hours: 1 }
  - { kind: burst, network: 4, startHour: 1 }
  - { kind: flash_crowd, country: ${country}, startHour: 1 }
`)
    expect([59, 60].map((minute) => isSensorAlive(world, 'ams', minute))).toEqual([false, true])
    const population = drawPopulation(world)
    const seen = [...drawMinutes(world, population)].flatMap(({ minute, sites }) =>
      sites.flatMap(({ udpQueries }) =>
        [...udpQueries].map(([index, count]) => ({ half: minute < 60 ? 0 : 1, index, count })),
      ),
    )
    const queries = (match: (index: number) => boolean): number[] =>
      [0, 1].map((half) =>
        seen
          .filter((one) => one.half === half && match(one.index))
          .reduce((sum, { count }) => sum + count, 0),
      )
    const first = population.prefixes.findIndex(({ network }) => network === 4)
    const [before, after] = queries((index) => index === first)
    expect(after! - before!).toBeGreaterThan(3600)
    const crowd = queries((index) => population.prefixes[index]!.place.country === country)
    expect(crowd[1]! / crowd[0]!).toBeGreaterThan(5)
  })

  it('a stray place is served by a farther site, all of it', () => {
    const world = worldOf('strayShare: 1')
    for (const { rttMicros, homeSite } of drawPopulation(world).prefixes) {
      expect(rttMicros[homeSite]).toBeGreaterThan(Math.min(...rttMicros))
    }
  })
})

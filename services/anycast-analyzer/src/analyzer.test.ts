import { describe, expect, it } from 'vitest'
import {
  clientsOf,
  type HandMadeClient,
  lehmer,
  runHandMadeWorld,
  timeOfMinute,
} from './hand-made-world.ts'

/** What a client of each country has at each site, milliseconds. */
const millis: Record<string, Record<string, number>> = {
  NL: { ams: 8, fra: 15, gru: 200, syd: 270 },
  DE: { ams: 14, fra: 7, gru: 205, syd: 265 },
  BR: { ams: 195, fra: 200, gru: 12, syd: 310 },
  AU: { ams: 275, fra: 270, gru: 310, syd: 11 },
}
const nearest: Record<string, string> = { NL: 'ams', DE: 'fra', BR: 'gru', AU: 'syd' }

function client(asn: number, country: string, more: Partial<HandMadeClient> = {}): HandMadeClient {
  return {
    asn,
    country,
    site: () => nearest[country]!,
    rttMillis: (site) => millis[country]![site]!,
    ...more,
  }
}

/** Three ordinary networks in each country, five prefixes each. */
const ordinary = Object.keys(nearest).flatMap((country) =>
  [1, 2, 3].flatMap((network) =>
    clientsOf(5, client(100 * network + country.charCodeAt(0), country)),
  ),
)
const from =
  (minute: number, then: string, until = 1e9) =>
  (country: string) =>
  (now: number): string =>
    now >= minute && now < until ? then : nearest[country]!

describe('polarization', () => {
  const global = (more: (country: string) => Partial<HandMadeClient>): HandMadeClient[] =>
    Object.keys(nearest).flatMap((country) => clientsOf(4, client(7, country, more(country))))

  it('is found when it begins, with its onset, once for the network', () => {
    const { findings } = runHandMadeWorld(
      [...ordinary, ...global((country) => ({ site: from(90, 'ams')(country) }))],
      150,
    )
    expect(findings).toHaveLength(1)
    expect(findings[0]).toMatchObject({
      kind: 'polarization',
      severity: 'page',
      state: 'open',
      ip_version: 4,
      scope: { asns: [7] },
      site_to: 'ams',
      standing: false,
      onset: timeOfMinute(90),
      opened: timeOfMinute(101),
      possible_source: 'history',
      weight: 'queries',
    })
    expect([...findings[0]!.scope.countries].sort()).toEqual(['AU', 'BR', 'DE'])
    // Three countries of four prefixes with ten queries a minute each.
    expect(findings[0]!.queries_per_second).toBeCloseTo(2, 1)
    expect(findings[0]!.excess_ms).toBeCloseTo((7 + 183 + 264) / 3, 0)
    expect(findings[0]!.lost_time).toBeCloseTo(
      findings[0]!.queries_per_second * findings[0]!.excess_ms,
      1,
    )
  })

  it('is a ticket without onset when it was there when the data began', () => {
    const { findings } = runHandMadeWorld(
      [...ordinary, ...global(() => ({ site: () => 'ams' }))],
      100,
    )
    expect(findings).toHaveLength(1)
    expect(findings[0]).toMatchObject({
      kind: 'polarization',
      severity: 'ticket',
      scope: { asns: [7] },
      site_to: 'ams',
      standing: true,
      opened: timeOfMinute(60),
      possible_source: 'neighbours',
    })
    expect(findings[0]!.onset).toBeUndefined()
    expect([...findings[0]!.scope.countries].sort()).toEqual(['AU', 'BR'])
  })

  it('is found at the end of an input shorter than an hour', () => {
    const { findings } = runHandMadeWorld(
      [...ordinary, ...global(() => ({ site: () => 'ams' }))],
      30,
    )
    expect(findings.map(({ kind, standing }) => [kind, standing])).toEqual([['polarization', true]])
  })

  it('is resolved when the network is spread again', () => {
    const { findings } = runHandMadeWorld(
      [...ordinary, ...global((country) => ({ site: from(90, 'ams', 130)(country) }))],
      180,
    )
    expect(findings).toHaveLength(1)
    expect(findings[0]!.state).toBe('resolved')
    expect(Date.parse(findings[0]!.resolved!)).toBeLessThan(Date.parse(timeOfMinute(150)))
  })
})

describe('a detour by site', () => {
  const moving = (count: number, asn: number, more: Partial<HandMadeClient> = {}) =>
    clientsOf(count, client(asn, 'NL', { site: from(90, 'syd')('NL'), ...more }))

  it('of one network in one country is found with its sites and onset', () => {
    const abroad = clientsOf(5, client(7, 'DE'))
    const { findings } = runHandMadeWorld([...ordinary, ...moving(6, 7), ...abroad], 150)
    expect(findings).toHaveLength(1)
    expect(findings[0]).toMatchObject({
      kind: 'detour_by_site',
      severity: 'page',
      scope: { asns: [7], countries: ['NL'] },
      site_from: 'ams',
      site_to: 'syd',
      onset: timeOfMinute(90),
      opened: timeOfMinute(101),
    })
    expect(findings[0]!.excess_ms).toBeCloseTo(262, 0)
    expect(findings[0]!.sentence).toContain('from ams to syd')
  })

  it('of a country is one finding, not one for each of its networks', () => {
    const country = [1, 2, 3, 4].flatMap((network) => moving(4, 1000 + network))
    const { findings } = runHandMadeWorld(
      [
        ...ordinary.filter(({ country: at }) => at !== 'NL'),
        ...country,
        ...clientsOf(9, client(7, 'DE', { site: () => 'ams' })),
      ],
      150,
    )
    expect(findings).toHaveLength(1)
    expect(findings[0]).toMatchObject({ scope: { asns: [], countries: ['NL'] }, site_to: 'syd' })
  })

  it('of IPv4 and IPv6 is two findings of one incident', () => {
    const { findings } = runHandMadeWorld(
      [
        ...ordinary,
        ...moving(6, 7),
        ...moving(6, 7, { ipVersion: 6 }),
        ...clientsOf(5, client(8, 'NL', { ipVersion: 6 })),
      ],
      150,
    )
    expect(findings.map(({ ip_version }) => ip_version).sort()).toEqual([4, 6])
    expect(new Set(findings.map(({ incident }) => incident)).size).toBe(1)
    expect(new Set(findings.map(({ id }) => id)).size).toBe(2)
  })

  it('is found where the clients complete a handshake only now and then', () => {
    const seldom = Array.from({ length: 40 }, (_, index) =>
      client(7, 'NL', {
        site: (minute) => ((minute + index) % 13 === 0 ? from(90, 'syd')('NL')(minute) : undefined),
      }),
    )
    const { findings } = runHandMadeWorld([...ordinary, ...seldom], 150)
    expect(findings).toHaveLength(1)
    expect(findings[0]).toMatchObject({ site_to: 'syd', onset: timeOfMinute(90) })
  })

  it('is not seen in one prefix alone', () => {
    expect(
      runHandMadeWorld([...ordinary, ...moving(1, 7), ...clientsOf(4, client(7, 'NL'))], 150)
        .findings,
    ).toEqual([])
    expect(runHandMadeWorld([...ordinary, ...moving(1, 7)], 150).findings).toEqual([])
  })

  it('is not seen in one chatty forwarder of a network', () => {
    const forwarder = moving(1, 7, { queries: 10_000, handshakes: 30 })
    const others = clientsOf(6, client(7, 'NL'))
    expect(runHandMadeWorld([...ordinary, ...forwarder, ...others], 150).findings).toEqual([])
  })

  it('is not seen when the new site is as near', () => {
    const near = clientsOf(6, client(7, 'NL', { site: from(90, 'fra')('NL') }))
    expect(runHandMadeWorld([...ordinary, ...near], 150).findings).toEqual([])
  })
})

describe('nothing is raised by', () => {
  const quiet = (clients: readonly HandMadeClient[], minutes = 200): void => {
    expect(runHandMadeWorld([...ordinary, ...clients], minutes).findings).toEqual([])
  }

  it('a load balancer that flips between two sites from the start, minute by minute', () => {
    const random = lehmer(3)
    quiet(clientsOf(8, client(7, 'NL', { site: () => (random() < 0.5 ? 'ams' : 'syd') })))
  })

  it('a load balancer that begins to flip', () => {
    const random = lehmer(5)
    const site = (minute: number): string => (minute > 90 && random() < 0.5 ? 'syd' : 'ams')
    quiet(clientsOf(8, client(7, 'NL', { site })))
    quiet(
      Array.from({ length: 60 }, (_, index) =>
        client(7, 'NL', {
          site: (minute) => ((minute + index) % 7 === 0 ? site(minute) : undefined),
        }),
      ),
    )
  })

  it('slow flips from the start', () => {
    const site = (minute: number): string => (Math.floor(minute / 2) % 2 ? 'syd' : 'ams')
    quiet(clientsOf(8, client(7, 'NL', { site })))
  })

  it('a sensor that falls silent and comes back', () => {
    const silent = (minute: number): boolean => minute > 80 && minute < 120
    const world = ordinary.map((one) => ({
      ...one,
      site: (minute: number) => {
        const site = one.site(minute)
        return site === 'ams' && silent(minute) ? undefined : site
      },
    }))
    // Some of its clients alternate with another site and are now seen there alone.
    const random = lehmer(11)
    const both = clientsOf(
      6,
      client(7, 'NL', {
        site: (minute) => (random() < 0.2 ? 'syd' : silent(minute) ? undefined : 'ams'),
      }),
    )
    expect(runHandMadeWorld([...world, ...both], 200).findings).toEqual([])
  })

  it('a site that all clients leave and return to', () => {
    const site = from(80, 'fra', 120)('NL')
    const world = ordinary.map((one) => (one.country === 'NL' ? { ...one, site } : one))
    const far = world.map((one) =>
      one.country === 'NL' ? { ...one, rttMillis: (at: string) => (at === 'fra' ? 90 : 8) } : one,
    )
    expect(runHandMadeWorld(far, 200).findings).toEqual([])
  })

  it('a site that comes back after the data began', () => {
    const world = ordinary.map((one) =>
      one.country === 'NL'
        ? { ...one, site: (minute: number) => (minute < 50 ? 'syd' : 'ams') }
        : one,
    )
    expect(runHandMadeWorld(world, 200).findings).toEqual([])
  })

  it('a site that comes up and draws its old clients, some of them from nearer sites', () => {
    const back = [1, 2].flatMap((network) =>
      clientsOf(
        6,
        client(2000 + network, 'NL', { site: (minute) => (minute < 70 ? 'ams' : 'syd') }),
      ),
    )
    expect(
      runHandMadeWorld([...ordinary.filter(({ country }) => country !== 'AU'), ...back], 200)
        .findings,
    ).toEqual([])
  })

  it('a flash crowd of new clients far away', () => {
    quiet(
      clientsOf(
        30,
        client(7, 'BR', {
          site: (minute) => (minute > 90 && minute < 120 ? 'ams' : undefined),
          queries: 1000,
        }),
      ),
    )
  })

  it('an evening of congestion at the same sites', () => {
    const world = ordinary.map((one) => ({
      ...one,
      rttMillis: (site: string, minute: number) =>
        one.rttMillis(site, minute) + (minute > 60 && one.asn < 200 ? 25 : 0),
    }))
    expect(runHandMadeWorld(world, 200).findings).toEqual([])
  })

  it('a network of one country with slow access lines at the nearest site', () => {
    quiet(clientsOf(20, client(7, 'NL', { rttMillis: () => 90 })))
  })

  it('a network with a wrong country or two', () => {
    const wrong = clientsOf(1, client(7, 'BR', { site: () => 'ams', rttMillis: () => 9 }))
    quiet([...clientsOf(60, client(7, 'NL')), ...wrong])
  })

  it('a network of two neighbouring countries at one site', () => {
    quiet([
      ...clientsOf(10, client(7, 'NL')),
      ...clientsOf(5, client(7, 'DE', { site: () => 'ams' })),
    ])
  })
})

it('finds the same in the same windows, with the same ids', () => {
  const world = [...ordinary, ...clientsOf(6, client(7, 'NL', { site: from(90, 'syd')('NL') }))]
  expect(runHandMadeWorld(world, 120).findings).toEqual(runHandMadeWorld(world, 120).findings)
})

import { describe, expect, it } from 'vitest'
import {
  client,
  clientsOf,
  from,
  type HandMadeClient,
  nearest,
  ordinary,
  runHandMadeWorld,
  timeOfMinute,
} from './hand-made-world.ts'

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
      opened: timeOfMinute(93),
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

  describe('of a network that asks seldom', () => {
    /** Seen every fourth minute, with one query: 0.05 queries a second of the moved ones. */
    const seldom = (until: number): HandMadeClient[] =>
      Object.keys(nearest).flatMap((country) =>
        [0, 1, 2, 3].map((turn) => {
          const site = from(90, 'ams', until)(country)
          return client(7, country, {
            site: (now) => (now % 4 === turn ? site(now) : undefined),
            queries: 1,
          })
        }),
      )

    it('is a note until ten of its clients were seen there again, then a page', () => {
      const early = runHandMadeWorld([...ordinary, ...seldom(1e9)], 96)
      expect(early.findings).toMatchObject([{ kind: 'polarization', severity: 'note' }])
      const { findings } = runHandMadeWorld([...ordinary, ...seldom(1e9)], 150)
      expect(findings).toMatchObject([
        { kind: 'polarization', severity: 'page', state: 'open', onset: timeOfMinute(90) },
      ])
      expect(findings[0]!.opened).toBe(early.findings[0]!.opened)
    })

    it('stays a note where its clients go back as they are seen again', () => {
      const { findings } = runHandMadeWorld([...ordinary, ...seldom(94)], 150)
      for (const { severity } of findings) expect(severity).toBe('note')
    })
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

  it('is none of clients that were first seen while the site that takes them was gone', () => {
    // Half of the clients of syd, and those in question, whose site it is as well.
    const own = clientsOf(10, client(8, 'AU', { site: from(10, 'ams', 66)('AU') }))
    const late = clientsOf(
      4,
      client(9, 'NL', {
        site: (now) => (now < 20 ? undefined : now < 66 ? 'ams' : 'syd'),
        queries: 1,
      }),
    )
    const others = ordinary.filter(({ country }) => country !== 'AU')
    const { findings } = runHandMadeWorld([...others, ...own, ...late], 150)
    expect(findings.filter(({ scope }) => scope.asns[0] === 9)).toEqual([])
  })

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
      opened: timeOfMinute(93),
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

describe('a flap that begins', () => {
  const swinging = (minutes: number) =>
    clientsOf(
      6,
      client(7, 'NL', {
        site: (minute) => (minute >= 90 && Math.floor(minute / minutes) % 2 ? 'syd' : 'ams'),
      }),
    )

  it.each([5, 9, 15])('in swings of %i minutes is a note once it is known', (minutes) => {
    const { findings } = runHandMadeWorld([...ordinary, ...swinging(minutes)], 240)
    expect(findings.map(({ kind, severity }) => [kind, severity])).toEqual([['flapping', 'note']])
    expect(findings[0]!.sentence).toContain('alternate since')
  })

  it('for some minutes only is a note as soon as its clients are back', () => {
    const moving = clientsOf(6, client(7, 'NL', { site: from(90, 'syd', 97)('NL') }))
    const { findings } = runHandMadeWorld([...ordinary, ...moving], 101)
    expect(findings.map(({ kind, severity }) => [kind, severity])).toEqual([['flapping', 'note']])
  })

  it('by the minute is nothing', () => {
    expect(runHandMadeWorld([...ordinary, ...swinging(1)], 240).findings).toEqual([])
    expect(runHandMadeWorld([...ordinary, ...swinging(2)], 240).findings).toEqual([])
  })
})

describe('in half an hour of data', () => {
  it('a detour that begins in the middle is found', () => {
    const moving = clientsOf(6, client(7, 'NL', { site: from(15, 'syd')('NL') }))
    const { findings } = runHandMadeWorld([...ordinary, ...moving], 30)
    expect(findings).toHaveLength(1)
    expect(findings[0]).toMatchObject({ kind: 'detour_by_site', onset: timeOfMinute(15) })
  })

  it('swings from the start are nothing', () => {
    const site = (minute: number): string => (Math.floor(minute / 7) % 2 ? 'syd' : 'ams')
    expect(
      runHandMadeWorld([...ordinary, ...clientsOf(6, client(7, 'NL', { site }))], 30).findings,
    ).toEqual([])
  })
})

it('finds the same in the same windows, with the same ids', () => {
  const world = [...ordinary, ...clientsOf(6, client(7, 'NL', { site: from(90, 'syd')('NL') }))]
  expect(runHandMadeWorld(world, 120).findings).toEqual(runHandMadeWorld(world, 120).findings)
})

import { describe, expect, it } from 'vitest'
import {
  client,
  clientsOf,
  from,
  type HandMadeClient,
  lehmer,
  ordinary,
  runHandMadeWorld,
} from './hand-made-world.ts'

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

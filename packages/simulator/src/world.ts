import { err, ok, parsePacketTime, type Result } from '@goldpan/core'
import { parse } from 'yaml'
import { z } from 'zod'
import { placeOf, places } from './places.ts'

const siteCode = z.string().refine((code) => placeOf(code) !== undefined, {
  error: `must be one of ${places.map(({ code }) => code).join(' ')}`,
})
const hour = z.number().min(0)
const share = z.number().min(0).max(1)

const event = z.strictObject({
  kind: z
    .enum(['polarization', 'detour_by_site'])
    .describe(
      'polarization: all clients of a network go to `site`; detour: those of a network, of a ' +
        'country, or of a network in a country do',
    ),
  network: z
    .int()
    .min(0)
    .optional()
    .describe('Number of the network, global ones first; needed by a polarization'),
  country: z.string().length(2).optional().describe('Of a detour: the clients that move'),
  site: siteCode.describe('Where they are sent'),
  startHour: hour.optional().describe('Hours after the start; absent: from the beginning'),
  endHour: hour.optional().describe('When they go back; absent: never'),
})

const nuisanceKinds = {
  sensor_outage: 'the sensor of `site` sees nothing',
  site_outage: '`site` is gone: its clients are served by the next best, then return',
  flapping: '`network` goes to `site` and back in swings of `swingMinutes`',
  flood: 'half-open handshakes from spoofed addresses at `site`, 50 a second',
  flash_crowd: 'clients in `country` ask ten times as much',
  congestion: 'queues of up to 25 ms, rising and falling, in `country`',
  burst: 'one client of `network` asks 5 times a second more',
  dominance: '`network` asks four times as much as all others of its busiest site, always',
} as const

const nuisance = z.strictObject({
  kind: z.enum(Object.keys(nuisanceKinds) as (keyof typeof nuisanceKinds)[]).describe(
    Object.entries(nuisanceKinds)
      .map(([kind, about]) => `${kind}: ${about}`)
      .join('; '),
  ),
  startHour: hour.default(0).describe('Hours after the start'),
  hours: z.number().positive().optional().describe('How long it lasts; absent: to the end'),
  site: siteCode.optional().describe('Where; of flapping the other site'),
  network: z.int().min(0).optional().describe('Number of the network'),
  country: z.string().length(2).optional().describe('Where the clients are'),
  swingMinutes: z.int().min(1).default(1).describe('Of flapping: minutes on either side'),
})

const worldSchema = z.strictObject({
  service: z.string().default('ns1.example').describe('Name of the anycast service'),
  seed: z.int().default(1).describe('All draws follow from it'),
  start: z.string().default('2026-01-01T00:00:00Z').describe('RFC 3339 time of the first minute'),
  hours: z
    .number()
    .positive()
    .max(24 * 31)
    .default(24)
    .describe('Length of the simulated time'),
  sites: z.array(siteCode).min(1).describe('Sites of the service, by airport code'),
  networks: z.int().min(1).max(5000).default(60).describe('Networks in one country each'),
  globalNetworks: z.int().min(0).max(100).default(4).describe('Networks in many countries'),
  prefixesPerNetwork: z.int().min(1).max(200).default(8).describe('Client prefixes of a network'),
  queriesPerSecond: z.number().positive().default(20).describe('Queries of all clients, mean'),
  tcpShare: share.default(0.15).describe('Share of queries that come over TCP, mean of networks'),
  ipv6Share: share.default(0.4).describe('Share of prefixes that are IPv6'),
  vlanShare: share.default(0.1).describe('Share of prefixes whose packets carry a VLAN tag'),
  timestampShare: share.default(0.8).describe('Share of prefixes whose TCP uses timestamps'),
  strayShare: share
    .default(0)
    .describe('Share of the clients of a network in one place that a farther site serves'),
  lossShare: share.default(0.01).describe('Share of SYN-ACKs that are lost and sent again'),
  wrongCountryShare: share.default(0).describe('Share of prefixes with a wrong country'),
  events: z.array(event).default([]).describe('What is wrong: the truth that is to be found'),
  nuisances: z.array(nuisance).default([]).describe('What must not be taken for it'),
})

export type World = z.infer<typeof worldSchema>
export type WorldEvent = z.infer<typeof event>
export type Nuisance = z.infer<typeof nuisance>

/** Why a text is no world; one sentence. */
export interface WorldError {
  readonly code: 'BAD_WORLD'
  readonly message: string
}

/** Parses a world from YAML; unknown keys are refused. */
export function parseWorld(text: string): Result<World, WorldError> {
  let document: unknown
  try {
    document = parse(text)
  } catch (error) {
    return err({ code: 'BAD_WORLD', message: `it is no YAML: ${(error as Error).message}` })
  }
  const parsed = worldSchema.safeParse(document)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    const path = issue!.path.join('.') || 'the world'
    return err({ code: 'BAD_WORLD', message: `${path}: ${issue!.message}` })
  }
  return checkReferences(parsed.data)
}

function checkReferences(world: World): Result<World, WorldError> {
  const bad = (message: string): Result<World, WorldError> => err({ code: 'BAD_WORLD', message })
  if (parsePacketTime(world.start) === undefined) return bad(`start: ${world.start} is no time`)
  const networks = world.networks + world.globalNetworks
  for (const { site, network } of [...world.events, ...world.nuisances]) {
    if (site !== undefined && !world.sites.includes(site))
      return bad(`${site} is none of the sites`)
    if (network !== undefined && network >= networks) return bad(`there is no network ${network}`)
  }
  const vague = world.events.find(
    ({ kind, network, country }) =>
      network === undefined && (kind === 'polarization' || country === undefined),
  )
  return vague ? bad(`a ${vague.kind} must say whose clients move`) : ok(world)
}

export interface WorldKey {
  readonly key: string
  readonly default: string
  readonly about: string
}

/** Every key of a world, of an event and of a nuisance, for the reference page. */
export function worldKeys(part: 'world' | 'event' | 'nuisance' = 'world'): WorldKey[] {
  const shape = { world: worldSchema.shape, event: event.shape, nuisance: nuisance.shape }[part]
  return Object.entries(shape as Record<string, z.ZodType>).map(([key, schema]) => {
    const parsed = schema.safeParse(undefined)
    const value = parsed.success ? (JSON.stringify(parsed.data) ?? 'absent') : 'required'
    return { key, default: value, about: schema.description ?? schema.meta()?.description ?? '' }
  })
}

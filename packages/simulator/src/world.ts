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
    .describe('polarization: all clients of a network go to `site`; detour: those in `country` do'),
  network: z.int().min(0).describe('Number of the network, global ones first'),
  country: z.string().length(2).optional().describe('For a detour: the clients that move'),
  site: siteCode.describe('Where they are sent'),
  startHour: hour.optional().describe('Hours after the start; absent: from the beginning'),
})

const nuisance = z.strictObject({
  kind: z
    .enum(['sensor_outage', 'flapping', 'flood', 'flash_crowd', 'congestion', 'burst'])
    .describe(
      'Things that must raise nothing: a sensor that is off, a network that flips between two ' +
        'sites, half-open handshakes, a country ten times as busy, queues in the evening, one ' +
        'client with very many queries',
    ),
  startHour: hour.describe('Hours after the start'),
  hours: z.number().positive().describe('How long it lasts'),
  site: siteCode
    .optional()
    .describe('Of an outage and a flood: where; of flapping: the other site'),
  network: z.int().min(0).optional().describe('Of flapping and a burst: the network'),
  country: z.string().length(2).optional().describe('Of a flash crowd and congestion: where'),
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
  for (const { site } of [...world.events, ...world.nuisances]) {
    if (site !== undefined && !world.sites.includes(site))
      return bad(`${site} is none of the sites`)
  }
  const networks = world.networks + world.globalNetworks
  for (const { network } of [...world.events, ...world.nuisances]) {
    if (network !== undefined && network >= networks) return bad(`there is no network ${network}`)
  }
  return ok(world)
}

/** Every key of a world with its default and meaning, for the reference page. */
export function worldKeys(): { key: string; default: string; about: string }[] {
  return Object.entries(worldSchema.shape).map(([key, schema]) => {
    const parsed = schema.safeParse(undefined)
    return {
      key,
      default: parsed.success ? JSON.stringify(parsed.data) : 'required',
      about: schema.description ?? schema.meta()?.description ?? '',
    }
  })
}

import { parseWorld, type World } from '@goldpan/simulator'

/** A world of three sites with all that packets can show: VLANs, both IP versions, loss. */
export function smallWorld(changes: Partial<World> = {}): World {
  const parsed = parseWorld(`
seed: 3
hours: 0.1
sites: [ams, iad, sin]
networks: 12
globalNetworks: 1
prefixesPerNetwork: 3
queriesPerSecond: 30
tcpShare: 0.4
lossShare: 0.05
vlanShare: 0.3
`)
  if (!parsed.ok) throw new Error(parsed.error.message)
  return { ...parsed.value, ...changes }
}

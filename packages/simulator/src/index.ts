/** Anycast worlds with known truth, as packets or as handshakes; all draws follow from a seed. */

export type { WorldMinute } from './connections.ts'
export type { ClientPrefix, Population, SimulatedNetwork } from './population.ts'
export { drawPopulation } from './population.ts'
export type { SimulatedMinute, SimulatedSite } from './simulate-minutes.ts'
export { simulateMinutes } from './simulate-minutes.ts'
export type { TrueEvent } from './truth.ts'
export { worldTruth } from './truth.ts'
export type { Nuisance, World, WorldError, WorldEvent } from './world.ts'
export { parseWorld, worldKeys } from './world.ts'
export type { WriteWorldOptions } from './write-world.ts'
export { writeWorld } from './write-world.ts'

/** Handshakes from the bus to checked, enriched rows in the warehouse. */

export type { FileError } from '@goldpan/runtime/csv-file'
export { readPlaces } from './enrichment.ts'
export type { EstimatorOptions, EstimatorSummary } from './estimator.ts'
export { Estimator } from './estimator.ts'
export { readNetworkTable } from './network-file.ts'
export type { Network, NetworkTable } from './network-table.ts'
export type { Places } from './places.ts'
export { storePlaces } from './places.ts'
export type { RejectReason } from './row-check.ts'
export type { Site } from './site-file.ts'
export { readSites } from './site-file.ts'

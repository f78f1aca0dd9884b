/** The embedded warehouse: the only room that knows the engine as a library. */

export type { EmbeddedOptions, EmbeddedWarehouse, OpenError } from './embedded-warehouse.ts'
export { openEmbeddedWarehouse } from './embedded-warehouse.ts'
export { openHeldWarehouse } from './held-warehouse.ts'

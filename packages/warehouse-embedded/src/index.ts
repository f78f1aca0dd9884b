/** The embedded warehouse: the only room that knows the engine as a library. */

export type { EmbeddedOptions, OpenError } from './embedded-warehouse.ts'
export { openEmbeddedWarehouse } from './embedded-warehouse.ts'

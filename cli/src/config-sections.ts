import {
  busSection,
  httpSection,
  logSection,
  type Sections,
  warehouseSection,
} from '@goldpan/runtime/config'

/** Every section of the configuration file, in the order of the data. */
export const configSections = {
  bus: busSection,
  warehouse: warehouseSection,
  log: logSection,
  http: httpSection,
} satisfies Sections

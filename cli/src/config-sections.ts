import { watchSection } from '@goldpan/anycast-analyzer/config'
import { captureSection } from '@goldpan/capture/config'
import { estimateSection } from '@goldpan/estimator/config'
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
  capture: captureSection,
  estimate: estimateSection,
  watch: watchSection,
  log: logSection,
  http: httpSection,
} satisfies Sections

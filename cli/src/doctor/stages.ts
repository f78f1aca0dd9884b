import { brokerStage, credentialsStage, topicsStage } from './bus-stages.ts'
import { clockStage } from './clock-stage.ts'
import { estimatorStage } from './estimator-stage.ts'
import { rightsStage } from './rights-stage.ts'
import { filterStage, handshakesStage, packetsStage, sensorStage } from './sensor-stages.ts'
import type { Stage } from './stage.ts'
import {
  analyzerStage,
  diskStage,
  migrationsStage,
  rowsStage,
  warehouseStage,
} from './warehouse-stages.ts'

/**
 * In the order of what needs what: the estimator stands still when the warehouse is full, and rows
 * are not fresh when a clock is off.
 */
export const stages: readonly Stage[] = [
  ...[sensorStage, packetsStage, filterStage, handshakesStage],
  ...[brokerStage, credentialsStage, topicsStage],
  ...[warehouseStage, migrationsStage, rightsStage, diskStage],
  ...[estimatorStage, clockStage, rowsStage, analyzerStage],
]

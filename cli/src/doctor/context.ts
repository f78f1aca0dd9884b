import type { Result } from '@goldpan/core'
import type { BusInspector, BusTrouble, KafkaOptions } from '@goldpan/runtime/kafka'
import type { Warehouse } from '@goldpan/warehouse'
import type { SensorObservation } from './sensor-observation.ts'

/** A warehouse that is no longer to be asked, in one sentence with its code. */
export interface WarehouseTrouble {
  readonly code?: string | undefined
  readonly message: string
}

/** What the stages look at; questions are asked once, whoever asks first. */
export interface DoctorContext {
  readonly seconds: number
  /** Whether a sensor is meant to run on this host. */
  readonly isSensorHost: boolean
  /** Whether an estimator is meant to run on this host, as the warehouse's user. */
  readonly isEstimatorHost: boolean
  readonly interface: string | undefined
  readonly urls: {
    readonly capture: string
    readonly estimate: string
    readonly watch: string
  }
  readonly ports: readonly number[]
  readonly observeSensor: () => Promise<SensorObservation>
  /** undefined: no bus of brokers is configured. */
  readonly bus: { readonly options: KafkaOptions; readonly inspector: BusInspector } | undefined
  /** Folder of a `file:` bus. */
  readonly busFolder: string | undefined
  readonly inspectBus: () => ReturnType<BusInspector['inspect']>
  /** The consumer group of the estimators. */
  readonly group: string
  /** undefined: no warehouse is configured. */
  readonly warehouseUrl: string | undefined
  readonly openWarehouse: () => Promise<Result<Warehouse, WarehouseTrouble>>
  /** This host's clock, milliseconds since 1970. */
  readonly now: () => number
}

export type { BusTrouble }

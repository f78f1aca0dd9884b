/** The impure edge: what talks to other processes, clocks and the environment. */

export type { BusMessage, BusReceiver, BusSender, Source, Topic } from './bus.ts'
export { topics } from './bus.ts'
export type { InProcessBus } from './in-process-bus.ts'
export { createInProcessBus } from './in-process-bus.ts'
export type { Lifecycle } from './lifecycle.ts'
export { createLifecycle, stopMillisMax } from './lifecycle.ts'
export type { Log, LogFields, LogLevel } from './log.ts'
export { createLog, logLevels } from './log.ts'
export type { Counter, Gauge, Histogram, MetricFamily, Metrics } from './metrics.ts'
export { createMetrics } from './metrics.ts'
export type { HealthServer, Readiness } from './serve-health.ts'
export { serveHealth } from './serve-health.ts'

/** The impure edge: what talks to other processes, clocks and the environment. */

export type { BusMessage, BusReceiver, BusSender, Source, Topic } from './bus.ts'
export { topics } from './bus.ts'
export type { InProcessBus } from './in-process-bus.ts'
export { createInProcessBus } from './in-process-bus.ts'

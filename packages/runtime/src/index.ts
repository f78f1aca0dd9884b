export type { BusMessage, BusReceiver, BusSender, Source, Topic } from './bus.ts'
export { topics } from './bus.ts'

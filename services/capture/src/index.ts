/** Packets to handshakes: what a sensor does, and what `goldpan handshakes` prints. */

export type { CaptureSummary, CaptureToBusOptions } from './capture-to-bus.ts'
export { captureToBus } from './capture-to-bus.ts'
export type { HandshakeSink } from './handshake-completer.ts'
export type { HandshakeCounter, HandshakeCounters } from './handshake-counters.ts'
export { handshakeCounterNames } from './handshake-counters.ts'
export type { HandshakeTrackerOptions } from './handshake-tracker.ts'
export { HandshakeTracker } from './handshake-tracker.ts'
export type { InputError } from './input-file.ts'
export type { InputDamage } from './read-capture.ts'
export type { ReadHandshakesOptions, ReadHandshakesSummary } from './read-handshakes.ts'
export { readHandshakes } from './read-handshakes.ts'
export type { Direction, ServerView } from './server-table.ts'

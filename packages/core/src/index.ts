/**
 * The vocabulary of Goldpan. Each word means one thing and is used unchanged from packet to panel.
 *
 * - service: the anycast DNS service measured; has one or more server addresses
 * - site: one anycast location of a service; never node, pop or instance
 * - sensor: one capture process at a site
 * - handshake: one observed SYN-ACK → ACK completion; its RTT lies between the two packet times
 * - accept delay: SYN → SYN-ACK at the server: the server's own share, kept apart from the RTT
 * - client, prefix: a resolver address; its /24 (IPv4) or /48 (IPv6)
 * - catchment: the prefixes that a site serves
 * - polarization: a network in many places sent to one site though nearer sites exist
 * - detour: clients sent to a farther site, or along a longer path, than before
 * - coverage: the share of queries, prefixes, ASes with enough handshakes to speak about
 * - finding: what the analyzer asserts
 * - excess: RTT now minus the RTT the same clients could have; lost time: queries/s × excess
 */

export type { Prefix } from './address.ts'
export {
  formatAddress,
  formatPrefix,
  ipVersion,
  isIpv4,
  parseAddress,
  parsePrefix,
  prefixBytes,
  writePrefix,
} from './address.ts'
export type { AddressIndex } from './address-index.ts'
export { createAddressIndex } from './address-index.ts'
export type {
  Finding,
  FindingKind,
  FindingScope,
  FindingSeverity,
  FindingState,
} from './finding.ts'
export { findingKinds, findingSeverities, findingStates } from './finding.ts'
export type { HandshakeBatch, HandshakeFlag } from './handshake.ts'
export {
  addressBytes,
  createHandshakeBatch,
  formatHandshakeFlags,
  handshakeFlag,
  handshakeFlagNames,
  handshakePresent,
} from './handshake.ts'
export { formatPacketTime, parsePacketTime } from './packet-time.ts'
export type { Result } from './result.ts'
export { err, ok } from './result.ts'
export type { RttHistogram, RttQuantile } from './rtt-histogram.ts'
export {
  rttBucket,
  rttBucketLowerMicros,
  rttBucketMiddleMicros,
  rttQuantile,
} from './rtt-histogram.ts'
export type { LiveStatus, SensorStatus, TrafficMode } from './sensor-status.ts'
export { trafficModes } from './sensor-status.ts'
export type { TrafficBatch } from './traffic.ts'
export { createTrafficBatch, trafficPresent } from './traffic.ts'
export { explainUnreadable } from './unreadable-file.ts'

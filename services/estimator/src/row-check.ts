import {
  addressBytes,
  type HandshakeBatch,
  handshakePresent,
  prefixBytes,
  type TrafficBatch,
  trafficPresent,
} from '@goldpan/core'

/** Why a row of a message is not believed. */
export type RejectReason =
  | 'rtt_range'
  | 'time_range'
  | 'prefix_form'
  | 'client_not_in_prefix'
  | 'unknown_flags'

const rttMicrosMax = 10_000_000
const flagsMax = 31
/** Times of packets: 1970 to 2106, as far as a classic capture can tell. */
const timeMicrosMax = 2 ** 32 * 1e6

/** The reason to reject a handshake row, or undefined when it may be believed. */
export function checkHandshake(batch: HandshakeBatch, row: number): RejectReason | undefined {
  if (batch.rttMicros[row]! > rttMicrosMax) return 'rtt_range'
  if (!isTime(batch.timeMicros[row]!)) return 'time_range'
  if (batch.flags[row]! > flagsMax) return 'unknown_flags'
  const at = row * addressBytes
  if (!isPrefix(batch.prefix, at)) return 'prefix_form'
  const hasClient = batch.present[row]! & handshakePresent.client
  const isBelieved =
    !hasClient || isWithin(batch.client, batch.prefix, at) || isTag(batch.client, at)
  if (!isBelieved) return 'client_not_in_prefix'
  return undefined
}

/** The reason to reject a traffic row, or undefined when it may be believed. */
export function checkTraffic(batch: TrafficBatch, row: number): RejectReason | undefined {
  const seconds = batch.minuteSeconds[row]!
  if (!isTime(seconds * 1e6) || seconds % 60 !== 0) return 'time_range'
  const hasPrefix = batch.present[row]! & trafficPresent.prefix
  return hasPrefix && !isPrefix(batch.prefix, row * addressBytes) ? 'prefix_form' : undefined
}

const isTime = (micros: number): boolean => micros >= 0 && micros < timeMicrosMax

/** A /24 or /48: nothing behind its bits. */
function isPrefix(bytes: Uint8Array, offset: number): boolean {
  for (let index = prefixBytes(bytes, offset); index < addressBytes; index++) {
    if (bytes[offset + index] !== 0) return false
  }
  return true
}

/** A tag in the place of a client (`--clients tagged`): `::a.b.c.d`, which no client can be. */
function isTag(client: Uint8Array, offset: number): boolean {
  for (let index = 0; index < 12; index++) if (client[offset + index] !== 0) return false
  return true
}

function isWithin(client: Uint8Array, prefix: Uint8Array, offset: number): boolean {
  const kept = prefixBytes(client, offset)
  for (let index = 0; index < kept; index++) {
    if (client[offset + index] !== prefix[offset + index]) return false
  }
  return true
}

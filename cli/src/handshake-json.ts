import {
  addressBytes,
  formatAddress,
  formatPacketTime,
  type HandshakeBatch,
  handshakeFlag,
  handshakeFlagNames,
  handshakePresent,
} from '@goldpan/core'

/** One JSON object a line, keys as the CSV columns; absent values are left out, flags an array. */
export function formatHandshakeJson(batch: HandshakeBatch): string {
  let text = ''
  for (let row = 0; row < batch.length; row++) {
    const present = batch.present[row]!
    const has = (bit: number): boolean => (present & bit) !== 0
    const fields = {
      time: formatPacketTime(batch.timeMicros[row]!),
      client: has(handshakePresent.client)
        ? formatAddress(batch.client, row * addressBytes)
        : undefined,
      client_port: has(handshakePresent.client) ? batch.clientPort[row] : undefined,
      server: formatAddress(batch.server, row * addressBytes),
      server_port: batch.serverPort[row],
      rtt_us: batch.rttMicros[row],
      accept_us: has(handshakePresent.accept) ? batch.acceptMicros[row] : undefined,
      hops: has(handshakePresent.hops) ? batch.hops[row] : undefined,
      synack_retransmissions: batch.synackRetransmissions[row],
      flags: handshakeFlagNames.filter((name) => batch.flags[row]! & handshakeFlag[name]),
    }
    text += `${JSON.stringify(fields)}\n`
  }
  return text
}

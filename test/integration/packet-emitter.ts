/**
 * Puts handshakes on a wire at a steady rate, a program of its own:
 *
 *     node test/integration/packet-emitter.ts DEVICE HANDSHAKES_PER_SECOND SECONDS
 *
 * The three packets of a handshake follow each other at once; each has a client of its own. Where
 * it cannot keep up it ends after one and a half times the seconds.
 */

import { setTimeout as delay } from 'node:timers/promises'
import { buildTcpFrame, control } from '@goldpan/packet'
import { loadPcapBinding } from '../../services/capture/src/pcap-binding.ts'

const [device, ...load] = process.argv.slice(2)
const [perSecond, seconds] = load.map(Number) as [number, number]

const session = new (loadPcapBinding().PcapSession)()
// It reads nothing: an empty packet is what the filter wants.
session.open_live(
  ...([device!, 'less 1', 2 ** 20, 128, '', () => {}] as const),
  ...([false, 1000, () => {}, false] as const),
)

const ports = { sourcePort: 40_000, destinationPort: 53 }
const client = Uint8Array.of(10, 0, 0, 1)
const server = Uint8Array.of(192, 0, 2, 53)
const up = { source: client, destination: server, ...ports }
const down = { source: server, destination: client, sourcePort: 53, destinationPort: 40_000 }
const frames = [
  buildTcpFrame({ ...up, control: control.syn, sequence: 1 }),
  buildTcpFrame({ ...down, control: control.syn | control.ack, sequence: 9, acknowledgment: 2 }),
  buildTcpFrame({ ...up, control: control.ack, sequence: 2, acknowledgment: 10 }),
].map((frame) => Buffer.from(frame))

/** Of Ethernet and IPv4 without options: the client's address is at 26, or 30 of an answer. */
function emit(number: number): void {
  for (const [index, frame] of frames.entries()) {
    const at = index === 1 ? 30 : 26
    frame[at + 1] = number >>> 16
    frame[at + 2] = number >>> 8
    frame[at + 3] = number
    session.inject(frame)
  }
}

const wanted = perSecond * seconds
const started = performance.now()
const elapsed = (): number => (performance.now() - started) / 1000
for (let sent = 0; sent < wanted && elapsed() < 1.5 * seconds; ) {
  const due = Math.min(elapsed() * perSecond, wanted, sent + perSecond / 10)
  while (sent < due) emit(sent++)
  await delay(1)
}
process.exit()

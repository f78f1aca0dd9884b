/**
 * A flood of half-open connections: nine of ten SYN-ACKs are never answered, a million SYN-ACKs a
 * second of packet time. What is found of the true handshakes, and what it costs in memory.
 *
 *     node --expose-gc bench/flood.ts [seconds of packet time, 20]
 */

import { HandshakeTracker } from '@goldpan/capture'
import { createHandshakeBatch } from '@goldpan/core'
import { control, Segment } from '@goldpan/packet'

const synacksPerSecond = 1_000_000
const answeredShare = 0.1
const startSeconds = 1_767_225_600

/** A small generator of numbers, the same for the same seed (Marsaglia's xorshift32). */
function createDraws(seed: number): () => number {
  let state = seed
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) / 2 ** 32
  }
}

/** RTT in µs, log-normal around 25 ms as at an anycast site. */
function drawRttMicros(draw: () => number): number {
  const normal = Math.sqrt(-2 * Math.log(draw() + 1e-12)) * Math.cos(2 * Math.PI * draw())
  return Math.round(25_000 * Math.exp(0.9 * normal))
}

const seconds = Number(process.argv[2] ?? 20)
const draw = createDraws(20_260_101)
const batch = createHandshakeBatch(4096)
const tracker = new HandshakeTracker({
  ports: [53],
  sink: {
    batchOf: () => batch,
    full: () => {
      batch.length = 0
    },
  },
})
const segment = new Segment()
segment.buffer = new Uint8Array(64)
const view = new DataView(segment.buffer.buffer)
Object.assign(segment, { headerBytes: 20, transportOffset: 8, end: 28, ttl: 60 })

function showSegment(
  micros: number,
  client: number,
  number: number,
  kind: 'syn' | 'synack' | 'ack',
): void {
  const fromServer = kind === 'synack'
  view.setUint32(0, client)
  view.setUint32(4, 0xc000_0235)
  segment.sourceOffset = fromServer ? 4 : 0
  segment.destinationOffset = fromServer ? 0 : 4
  segment.sourcePort = fromServer ? 53 : 4000
  segment.destinationPort = fromServer ? 4000 : 53
  segment.sequence = fromServer ? number : (client + (kind === 'ack' ? 1 : 0)) | 0
  segment.acknowledgment = fromServer ? (client + 1) | 0 : (number + 1) | 0
  segment.control = { syn: control.syn, synack: control.syn | control.ack, ack: control.ack }[kind]
  segment.ipId = number & 0xffff
  segment.seconds = startSeconds + Math.floor(micros / 1e6)
  segment.nanoseconds = (micros % 1e6) * 1000
  tracker.observe(segment)
}

/** ACKs on their way: a list for each microsecond of the next four seconds, in plain arrays. */
const delayMicrosMax = 2 ** 22 - 1
const firstAck = new Int32Array(delayMicrosMax + 1).fill(-1)
const acksMax = 2 ** 20
const ackClients = new Int32Array(acksMax).fill(-1)
const ackNumbers = new Int32Array(acksMax).fill(-1)
const nextAck = new Int32Array(acksMax).fill(-1)
let answered = 0

function planAck(arrival: number, client: number, number: number): void {
  const ack = answered % acksMax
  answered++
  ackClients[ack] = client
  ackNumbers[ack] = number
  nextAck[ack] = firstAck[arrival & delayMicrosMax]!
  firstAck[arrival & delayMicrosMax] = ack
}

function showAcks(micros: number): void {
  const slot = micros & delayMicrosMax
  for (let ack = firstAck[slot]!; ack >= 0; ack = nextAck[ack]!) {
    showSegment(micros, ackClients[ack]!, ackNumbers[ack]!, 'ack')
  }
  firstAck[slot] = -1
}

const cpuBefore = process.cpuUsage()
const memoryBefore = process.memoryUsage.rss()
const microsMax = seconds * 1e6
for (let micros = 0; micros < microsMax; micros++) {
  const client = (draw() * 2 ** 32) | 0
  const number = (draw() * 2 ** 32) | 0
  showSegment(micros, client, number, 'syn')
  showSegment(micros, client, number, 'synack')
  if (draw() < answeredShare) {
    const arrival = micros + Math.min(1 + drawRttMicros(draw), delayMicrosMax)
    if (arrival < microsMax) planAck(arrival, client, number)
  }
  showAcks(micros)
}
const { user, system } = process.cpuUsage(cpuBefore)
const { handshakes, pending_evicted, syn_evicted } = tracker.counters
globalThis.gc?.()
const grown = (process.memoryUsage.rss() - memoryBefore) / 2 ** 20

console.log(`${seconds} s of ${synacksPerSecond} SYN-ACKs/s, ${answeredShare} of them answered`)
console.log(`true handshakes ${answered}, found ${handshakes}: ${(handshakes / answered) * 100} %`)
console.log(`pending ${tracker.pending}, evicted ${pending_evicted}, SYNs evicted ${syn_evicted}`)
console.log(`grown by ${grown.toFixed(0)} MB, ${((user + system) / 1e6).toFixed(1)} CPU s`)

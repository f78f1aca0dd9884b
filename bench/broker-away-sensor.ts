/**
 * The sensor's side of bench/broker-away.ts: handshakes by packet time through the live pass, the
 * spool and Kafka; it says on standard output how it is. Not to be run by itself.
 */

import { readFileSync } from 'node:fs'
import { setTimeout as delay, setImmediate as turnOfEvents } from 'node:timers/promises'
import { buildTcpFrame, control, linkType } from '@goldpan/packet'
import { createLog, createSpool, SpoolFolder } from '@goldpan/runtime'
import { createKafkaSender, topicSettingsDefault } from '@goldpan/runtime/kafka'
import { BootStream } from '../services/capture/src/boot-stream.ts'
import { LivePass } from '../services/capture/src/live-pass.ts'
import { SendQueue } from '../services/capture/src/send-queue.ts'

const [broker, folder, service, ...load] = process.argv.slice(2)
const [perSecond, seconds, speed] = load.map(Number) as [number, number, number]
const startSeconds = 1_800_000_000
/** As `capture.batch_age` is. */
const turnMillis = 100

const ports = { sourcePort: 40_000, destinationPort: 53 }
const client = Uint8Array.of(10, 0, 0, 1)
const server = Uint8Array.of(192, 0, 2, 53)
const up = { source: client, destination: server, ...ports }
const down = { source: server, destination: client, sourcePort: 53, destinationPort: 40_000 }
const frames = [
  buildTcpFrame({ ...up, control: control.syn, sequence: 1 }),
  buildTcpFrame({ ...down, control: control.syn | control.ack, sequence: 9, acknowledgment: 2 }),
  buildTcpFrame({ ...up, control: control.ack, sequence: 2, acknowledgment: 10 }),
]

/** Of Ethernet and IPv4 without options: addresses at 26 and 30, ports at 34 and 36. */
function address(number: number): void {
  for (const [index, frame] of frames.entries()) {
    const clientAt = index === 1 ? 30 : 26
    frame[clientAt + 1] = number >>> 16
    frame[clientAt + 2] = number >>> 8
    frame[clientAt + 3] = number
    const portAt = index === 1 ? 36 : 34
    frame[portAt] = 0x80 | (number >>> 10)
    frame[portAt + 1] = number
  }
}

const opened = SpoolFolder.open({ folder: folder!, bytesMax: 2 ** 30 })
if (!opened.ok) throw new Error(opened.error)
let acknowledgedRows = 0
const kafka = createKafkaSender({
  ...{ brokers: [broker!], topics: topicSettingsDefault, compression: 'lz4' },
  log: createLog({ level: 'error', component: 'bench' }),
  metrics: {
    sent: (_, rows) => {
      acknowledgedRows += rows
    },
    retried: () => {},
  },
})
const spool = createSpool({ disk: opened.value, to: kafka })
const queue = new SendQueue(spool)
const source = { service: service!, site: 'ams', sensor: 's1' }
const live = new LivePass({
  stream: new BootStream('b1', { source, queue, clients: 'prefix', rowsMax: 32_768 }),
  ...{ ports: [53], version: '0', heartbeatMillis: 10_000, describe: () => ({}) },
})

let made = 0
const begun = performance.now()
for (let millis = 0; millis < seconds * 1000; millis += turnMillis) {
  const perTurn = (perSecond * turnMillis) / 1000
  for (let each = 0; each < perTurn; each++) {
    address(made++)
    const micros = millis * 1000 + (each * turnMillis * 1000) / perTurn
    const whole = startSeconds + Math.floor(micros / 1e6)
    const nanos = Math.floor(micros % 1e6) * 1000
    for (const frame of frames) {
      live.packet(frame, 0, frame.length, linkType.ethernet, whole, nanos)
    }
  }
  const monotonicMillis = millis + turnMillis
  const wallMicros = startSeconds * 1e6 + monotonicMillis * 1000
  live.turn({ wallMicros, monotonicMillis, uncertainMicros: 1 })
  await turnOfEvents()
  const early = begun + monotonicMillis / speed - performance.now()
  if (early > 1) await delay(early)
}
live.finish({
  ...{ wallMicros: (startSeconds + seconds) * 1e6, monotonicMillis: seconds * 1000 },
  uncertainMicros: 1,
})
await queue.drain()

const peakBytes = (): number =>
  Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync('/proc/self/status', 'utf8'))![1]) * 1024
const tell = (event: object): void => {
  process.stdout.write(`${JSON.stringify({ ...event, peakBytes: peakBytes() })}\n`)
}
tell({ made, waiting: spool.waiting, diskBytes: spool.diskBytes, ...spool.counters })
const started = performance.now()
await spool.drained(300_000)
tell({ drainedSeconds: (performance.now() - started) / 1000, acknowledgedRows, ...spool.counters })
spool.close()
await kafka.close()

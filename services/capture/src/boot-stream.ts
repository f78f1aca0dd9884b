import {
  addressBytes,
  createHandshakeBatch,
  createTrafficBatch,
  type HandshakeBatch,
  handshakePresent,
  type SensorStatus,
  type TrafficBatch,
} from '@goldpan/core'
import type { Source, Topic } from '@goldpan/runtime'
import {
  encodeHandshakes,
  encodeSensorStatus,
  encodeTraffic,
  handshakeTopic,
  type MessageMeta,
  sensorTopic,
  trafficTopic,
} from '@goldpan/wire'
import type { ClientTagger } from './client-tag.ts'
import { RowBatch } from './row-batch.ts'
import type { SendQueue } from './send-queue.ts'
import type { ServedServers } from './served-servers.ts'
import type { ExcludedClients } from './traffic-counter.ts'

/** What all boots of one sensor share. */
export interface BootOrigin {
  readonly source: Source
  readonly queue: SendQueue
  /** What of a client may leave this process: its prefix, a tag in its place, or its address. */
  readonly clients: 'prefix' | 'full' | ClientTagger
  readonly excluded?: ExcludedClients | undefined
  /** The servers of this service where the input may hold those of others. */
  readonly served?: ServedServers | undefined
  readonly rowsMax?: number | undefined
}

interface Numbers {
  n: number
  firstRow: number
}

/** Numbers and sends the rows of one boot (a file, or one run on a stream), topic by topic. */
export class BootStream {
  readonly handshakes: RowBatch<HandshakeBatch>
  readonly traffic: RowBatch<TrafficBatch>
  readonly boot: string
  /** Handshakes of excluded clients, not sent. */
  excludedHandshakes = 0
  readonly #origin: BootOrigin
  readonly #numbers: Readonly<Record<Topic, Numbers>> = {
    'goldpan.handshakes.v1': { n: 0, firstRow: 0 },
    'goldpan.traffic.v1': { n: 0, firstRow: 0 },
    'goldpan.sensors.v1': { n: 0, firstRow: 0 },
  }
  #statuses: SensorStatus[] = []

  constructor(boot: string, origin: BootOrigin) {
    this.boot = boot
    this.#origin = origin
    const { rowsMax } = origin
    this.handshakes = new RowBatch(
      createHandshakeBatch,
      (batch) => this.#sendHandshakes(batch),
      rowsMax,
    )
    this.traffic = new RowBatch(createTrafficBatch, (batch) => this.#sendTraffic(batch), rowsMax)
  }

  addStatus(status: SensorStatus): void {
    this.#statuses.push(status)
  }

  /** Sends what is there: an hour of packet time is over, or the input is. */
  flush(): void {
    this.handshakes.flush()
    this.traffic.flush()
    const statuses = this.#statuses
    if (statuses.length === 0) return
    this.#send(sensorTopic, statuses.length, (meta) => encodeSensorStatus(statuses, meta))
    this.#statuses = []
  }

  #sendHandshakes(batch: HandshakeBatch): void {
    const { excluded, served, clients } = this.#origin
    if (served) {
      const isOther = (row: number) => !served.servesRow(batch.server, row * addressBytes)
      served.otherRows += dropRows(batch, isOther)
    }
    if (excluded) {
      const isExcluded = (row: number) => excluded.has(batch.client, row * addressBytes, 6)
      this.excludedHandshakes += dropRows(batch, isExcluded)
    }
    if (clients === 'prefix') hideClients(batch)
    else if (clients !== 'full') clients.tag(batch)
    if (batch.length === 0) return
    this.#send(handshakeTopic, batch.length, (meta) => encodeHandshakes(batch, meta))
  }

  #sendTraffic(batch: TrafficBatch): void {
    this.#send(trafficTopic, batch.length, (meta) => encodeTraffic(batch, meta))
  }

  #send(topic: Topic, rows: number, encode: (meta: MessageMeta) => Uint8Array): void {
    const { source, queue } = this.#origin
    const numbers = this.#numbers[topic]
    const { firstRow, n } = numbers
    const value = encode({ ...source, boot: this.boot, firstRow })
    queue.push({ topic, source, boot: this.boot, n, firstRow, rows, value })
    numbers.n++
    numbers.firstRow += rows
  }
}

/** Leaves the prefix alone of every client. */
function hideClients(batch: HandshakeBatch): void {
  batch.client.fill(0, 0, batch.length * addressBytes)
  batch.clientPort.fill(0, 0, batch.length)
  for (let row = 0; row < batch.length; row++) batch.present[row]! &= ~handshakePresent.client
}

/** Takes some rows out of a batch; returns how many they were. */
function dropRows(batch: HandshakeBatch, isDropped: (row: number) => boolean): number {
  let kept = 0
  for (let row = 0; row < batch.length; row++) {
    if (isDropped(row)) continue
    if (kept < row) moveRow(batch, row, kept)
    kept++
  }
  const dropped = batch.length - kept
  batch.length = kept
  return dropped
}

function moveRow(batch: HandshakeBatch, from: number, to: number): void {
  for (const column of Object.values(batch)) {
    if (!ArrayBuffer.isView(column)) continue
    const values = column as Uint8Array
    const width = values.length / batch.capacity
    values.copyWithin(to * width, from * width, (from + 1) * width)
  }
}

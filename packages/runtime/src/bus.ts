/** The bus between sensors and estimators, and its adapters' one contract. */

export const topics = ['goldpan.handshakes.v1', 'goldpan.traffic.v1', 'goldpan.sensors.v1'] as const
export type Topic = (typeof topics)[number]

/** What an estimator could not take; made with it, in one partition. */
export const deadLetterTopic = 'goldpan.deadletters.v1'

/** Where a message comes from; the Kafka key is `service/site/sensor`. */
export interface Source {
  readonly service: string
  readonly site: string
  readonly sensor: string
}

export interface BusMessage {
  readonly topic: Topic
  readonly source: Source
  /** Random for live capture and stdin; for a file a hash of service, site and its first 64 KiB. */
  readonly boot: string
  /** Number of the message within (sensor, boot, topic), from 0, without gaps. */
  readonly n: number
  /** Number of the message's first row within (sensor, boot, topic), from 0. */
  readonly firstRow: number
  readonly rows: number
  /** One Arrow IPC stream. */
  readonly value: Uint8Array
}

export interface BusSender {
  /** Resolves when the message is acknowledged; waits while the bus is full. */
  send(message: BusMessage): Promise<void>
  /** No message follows. */
  end(): void
}

export interface BusReceiver {
  /** Messages in the order sent. A message is acknowledged when the next one is asked for. */
  receive(): AsyncIterable<BusMessage>
}

/** The bus as Apache Kafka. Apart from the index: whoever does not use it does not load it. */

export type { Compression } from './kafka-codecs.ts'
export { compressions } from './kafka-codecs.ts'
export { KafkaGroup } from './kafka-group.ts'
export type {
  GroupHandler,
  KafkaGroupOptions,
  Membership,
  OwnedPartition,
} from './kafka-group-client.ts'
export { OwnershipLost } from './kafka-group-client.ts'
export type {
  BusInspector,
  BusTrouble,
  GroupInspection,
  PartitionState,
} from './kafka-inspection.ts'
export { createBusInspector, noLog } from './kafka-inspection.ts'
export type {
  BusConfig,
  ConfiguredBus,
  KafkaOptions,
  KafkaSasl,
  KafkaSecurity,
  KafkaTls,
} from './kafka-options.ts'
export { readBusOptions } from './kafka-options.ts'
export type { BusRecord, FetchedRecords } from './kafka-port.ts'
export type { KafkaProducerOptions } from './kafka-producer.ts'
export { KafkaProducer, MessageRefused, TopicMissing } from './kafka-producer.ts'
export { readTopic } from './kafka-reader.ts'
export type { KafkaSender, KafkaSenderMetrics, KafkaSenderOptions } from './kafka-sender.ts'
export { createKafkaSender } from './kafka-sender.ts'
export type { TopicSettings } from './kafka-topics.ts'
export { topicSettingsDefault } from './kafka-topics.ts'

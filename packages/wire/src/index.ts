/** The bus contract: what stands in a message of each topic. Anything hostile is an error value. */

export type { Column } from './arrow-column.ts'
export { addressColumn, dictionaryColumn, timeColumn, unsignedColumn } from './arrow-column.ts'
export { encodeMessage } from './arrow-message.ts'
export type { DecodedHandshakes } from './handshake-message.ts'
export {
  decodeHandshakes,
  encodeHandshakes,
  handshakeColumns,
  handshakeTopic,
} from './handshake-message.ts'
export {
  decodeHandshakeStream,
  HandshakeStreamEncoder,
  isArrowStream,
} from './handshake-stream.ts'
export type { MessageMeta, WireError } from './message-meta.ts'
export { messageBytesMax, messageRowsMax } from './message-meta.ts'
export type { DecodedSensorStatus } from './sensor-message.ts'
export { decodeSensorStatus, encodeSensorStatus, sensorTopic } from './sensor-message.ts'
export type { DecodedTraffic } from './traffic-message.ts'
export { decodeTraffic, encodeTraffic, trafficColumns, trafficTopic } from './traffic-message.ts'

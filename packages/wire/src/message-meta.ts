import { err, ok, type Result } from '@goldpan/core'
import type { Schema } from 'apache-arrow'

/** What is constant in a message; it stands in the Arrow schema's metadata. */
export interface MessageMeta {
  readonly service: string
  readonly site: string
  readonly sensor: string
  readonly boot: string
  /** Number of the first row within (sensor, boot, topic), from 0. */
  readonly firstRow: number
}

/** Why bytes are no message of a topic. */
export interface WireError {
  readonly code: 'NOT_ARROW' | 'WRONG_SCHEMA' | 'WRONG_VERSION' | 'TOO_LARGE'
  readonly reason: string
}

/** Rows of one message at most. */
export const messageRowsMax = 500_000
/** Bytes of one message at most. */
export const messageBytesMax = 256 * 2 ** 20

const textKeys = ['service', 'site', 'sensor', 'boot'] as const

/** Metadata of a message of `topic`. */
export function encodeMeta(topic: string, meta: MessageMeta): Map<string, string> {
  return new Map([
    ['topic', topic],
    ...textKeys.map((key) => [key, meta[key]] as const),
    ['first_row', String(meta.firstRow)],
  ])
}

/** Reads the metadata; the topic carries the version, so another one is another version. */
export function decodeMeta(topic: string, schema: Schema): Result<MessageMeta, WireError> {
  const found = schema.metadata.get('topic')
  if (found !== topic) {
    return err({ code: 'WRONG_VERSION', reason: `it is of ${found ?? 'no topic'}, not ${topic}` })
  }
  const firstRow = Number(schema.metadata.get('first_row'))
  const texts = textKeys.map((key) => schema.metadata.get(key))
  if (!Number.isSafeInteger(firstRow) || firstRow < 0 || texts.some((text) => text === undefined)) {
    return err({ code: 'WRONG_SCHEMA', reason: 'its metadata is not whole' })
  }
  const [service, site, sensor, boot] = texts as [string, string, string, string]
  return ok({ service, site, sensor, boot, firstRow })
}

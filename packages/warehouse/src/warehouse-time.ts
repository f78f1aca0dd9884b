import { formatPacketTime } from '@goldpan/core'

/** A packet time (microseconds since 1970) as a DateTime64(6) in rows of text. */
export function formatWarehouseTime(micros: number): string {
  return formatPacketTime(micros).slice(0, -1).replace('T', ' ')
}

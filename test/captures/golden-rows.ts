import { formatPacketTime } from '@goldpan/core'
import { startSeconds } from './conversation.ts'

/** A row that a golden capture must yield; what is left out is as {@link Conversation} has it. */
export interface GoldenRow {
  /** Time of the answered SYN-ACK, microseconds since the start. */
  readonly at: number
  readonly rtt: number
  /** Absent: no accept delay. */
  readonly accept?: number
  readonly retransmissions?: number
  readonly flags?: string
  readonly hops?: number
  readonly client?: string
  readonly clientPort?: number
  readonly server?: string
  readonly serverPort?: number
}

const header =
  'time,site,client,client_port,server,server_port,rtt_us,accept_us,hops,' +
  'synack_retransmissions,flags'

/** The rows as `goldpan handshakes --format csv` prints them. */
export function goldenCsv(rows: readonly GoldenRow[]): string {
  const lines = rows.map((row) =>
    [
      formatPacketTime(startSeconds * 1e6 + row.at),
      '',
      row.client ?? '198.51.100.7',
      row.clientPort ?? 40_000,
      row.server ?? '192.0.2.53',
      row.serverPort ?? 53,
      row.rtt,
      row.accept ?? '',
      row.hops ?? 9,
      row.retransmissions ?? 0,
      row.flags ?? '',
    ].join(','),
  )
  return [header, ...lines, ''].join('\n')
}

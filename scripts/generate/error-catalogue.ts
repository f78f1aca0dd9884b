import type { WarehouseErrorCode } from '../../packages/warehouse/src/warehouse-error.ts'
import type { DeadReason } from '../../services/estimator/src/check-record.ts'
import type { RejectReason } from '../../services/estimator/src/row-check.ts'

/** What a user can meet, and what there is to do: docs/reference/errors.md. */

export interface Meaning {
  /** Who says it. */
  readonly where: string
  readonly about: string
  readonly advice: string
}

const met = (where: string, about: string, advice: string): Meaning => ({ where, about, advice })

const inputs = '`analyze`, `handshakes`, `capture -r`'
const stored = 'whatever opens a warehouse'

/** Codes of expected failures; each comes as one sentence that names the file, host or setting. */
export const errorCodes: Readonly<Record<string, Meaning>> = {
  UNREADABLE: met(
    `${inputs}, every file of an operator`,
    'a file cannot be opened or read',
    'check the path and who may read it',
  ),
  IS_A_FOLDER: met(inputs, 'a folder lies inside of a folder of captures', 'name it as well'),
  NOT_A_CAPTURE: met(
    inputs,
    'its first bytes are of no format that can be read, or it does not inflate',
    'name a pcap or pcapng, also in gzip or zstd, or what `goldpan handshakes` wrote',
  ),
  UNKNOWN_LINK_TYPE: met(
    inputs,
    'its packets are of a link type that cannot be read',
    'capture with `tcpdump -y EN10MB`, or correct the header with `editcap -T`',
  ),
  NO_CAPTURES: met(inputs, 'a folder holds no captures', 'name a folder with pcap or pcapng files'),
  BAD_RECORD: met(
    inputs,
    'a record claims what cannot be: the capture is damaged from there on',
    'all before it was used (exit code 3); copy the file again if the original is whole',
  ),
  TRUNCATED: met(inputs, 'the last packet is cut short', 'as for `BAD_RECORD`'),
  BAD_FILE: met(
    '`--networks`, `--sites`, `--services`',
    'a table of an operator has a line or header that makes no sense',
    'mend the line that is named, or leave it out',
  ),
  BAD_WORLD: met(
    '`simulate`, `replay`',
    'a world has a key or value that cannot be',
    'see [world](world.md)',
  ),
  BAD_BUS_URL: met(
    '`capture --to`, `estimate --from`, `deadletters --from`, `doctor --bus`',
    'the bus is none that can be used',
    'write `kafka://HOST:PORT[,…]`, `kafka+tls://…` or `file:DIR`',
  ),
  TOPIC_MISSING: met(
    '`capture`, `estimate`',
    'the broker has no such topic, and this program may not make it',
    'make it on the broker, or set `bus.create_topics`',
  ),
  BAD_URL: met(
    stored,
    'the URL of the warehouse cannot be used',
    'write `http(s)://USER@HOST:PORT/DB`',
  ),
  BAD_RETENTION: met('`migrate --retention`', 'no such table or time', 'write `TABLE=30d,…`'),
  WAREHOUSE_HELD: met(
    `${stored} in a folder`,
    'another process has it, and cannot be asked through its socket',
    'wait until that process ends, or name another folder',
  ),
  UNUSABLE_FOLDER: met(
    `${stored} in a folder`,
    'the folder cannot be made or written, or its disk is full',
    'name a folder of this user on a disk with room',
  ),
  NEWER_WAREHOUSE: met(stored, 'its tables are of a newer version', 'run that version of goldpan'),
  OLDER_WAREHOUSE: met(
    'a user that may not create tables',
    'it lacks migrations of this version',
    'run `goldpan migrate` with a user that may create tables',
  ),
  NOT_ARROW: met(
    'messages, exports in Arrow',
    'the bytes are no Arrow stream',
    'export or send it again',
  ),
  WRONG_SCHEMA: met(
    'messages, exports in Arrow',
    'a column is missing or of another type',
    'as for `NOT_ARROW`',
  ),
  WRONG_VERSION: met(
    'messages',
    'it is of another version than its topic',
    'upgrade the estimator; `goldpan deadletters` lists them',
  ),
  TOO_LARGE: met(
    'messages, exports in Arrow',
    'it holds more rows or bytes than one may',
    'as for `NOT_ARROW`',
  ),
}

/** Why a warehouse on a server did not do what it was asked for. */
export const warehouseCodes: Readonly<Record<WarehouseErrorCode, Meaning>> = {
  AWAY: met(
    stored,
    'nobody answers, or the connection broke',
    'inserts are repeated; look whether the server runs',
  ),
  BUSY: met(
    stored,
    'it is out of memory, of connections, or has too many parts',
    'inserts are repeated; see its log',
  ),
  WRONG_PASSWORD: met(stored, 'it does not let the user in', 'correct `warehouse.password_file`'),
  NO_RIGHTS: met(
    stored,
    'the user may not do this',
    '`goldpan doctor` names the table; GRANT the role',
  ),
  NO_DATABASE: met(stored, 'it has no such database', 'run `goldpan migrate`'),
  UNTRUSTED_CERTIFICATE: met(
    stored,
    'its certificate is not trusted',
    'name its authority in `warehouse.ca_file`',
  ),
  NOT_CLICKHOUSE: met(stored, 'something else answers there', 'check host and port'),
  REFUSED: met(stored, 'it refused the statement', 'its own words follow in the sentence'),
}

/** Rows of messages that are not believed: `goldpan_estimate_rejected_rows_total{reason}`. */
export const rejectReasons: Readonly<Record<RejectReason, string>> = {
  rtt_range: 'an RTT over 10 s',
  time_range: 'a time before 1970 or after 2106, or a minute that is none',
  prefix_form: 'a prefix with bits behind its /24 or /48',
  client_not_in_prefix: 'a client outside of its prefix',
  unknown_flags: 'flags that this version does not know',
}

/** Messages that are not taken: the table and topic of dead letters. */
export const deadReasonMeanings: Readonly<Record<DeadReason, string>> = {
  not_arrow: 'no Arrow stream, or cut off',
  wrong_schema: 'a column is missing or of another type',
  wrong_version: 'another version than the topic’s: its letter holds it whole',
  too_large: 'more rows than a message may hold',
  wrong_key: 'its key names another sensor than the message',
  wrong_name: 'a name of service, site, sensor or link is empty or too long',
  too_many_days: 'its rows lie in more days than one insert may touch',
  batch_too_large: 'a record batch that inflates to more than a bound',
  batch_unreadable: 'a record batch that does not inflate, or whose records make no sense',
}

/** Rows that are stored and kept out of every aggregate: the column `excluded`. */
export const exclusionMeanings: Readonly<Record<string, string>> = {
  ambiguous: 'it cannot be told which SYN-ACK was answered',
  client_side: 'seen from the side of the client',
  clock: 'the clock of its sensor is wrong',
}

/** What a live sensor counts beside what a capture has: in heartbeats and at `/metrics`. */
export const sensorCounters: Readonly<Record<string, string>> = {
  clock_step_discarded: 'pending handshakes discarded because the clock stepped',
  clock_step_discarded_rows: 'handshakes discarded because they were completed around a step',
  clock_steps_backward_in_packets: 'steps back of the packets’ clock',
  spool_dropped_messages:
    'messages dropped because the spool was full: raise `capture.spool_bytes`',
  spool_dropped_rows: 'their rows',
  spool_unwritten_messages: 'messages that could not be written to the spool: look at its disk',
  spool_unwritten_rows: 'their rows',
  spool_torn_bytes: 'bytes of a write that a crash cut off',
  spool_refused_messages: 'messages that the bus will never take: they are too large for it',
  spool_failed_sends: 'tries to send that failed and are repeated',
  restarts_after_kill: 'the run before was killed',
  restart_pending_lost: 'handshakes that were pending then, at most',
  restart_seconds_not_seen: 'seconds between what it sent last and this start',
  sampled_out: 'datagrams that were not looked at: one in N is',
  minutes_given_up: 'minutes counted in part and not sent, as the sensor gave way',
  give_way_steps: 'times that the sensor counted less or more of the traffic',
  syn_without_synack: 'SYNs that no SYN-ACK answered, of all servers',
  synack_without_syn: 'SYN-ACKs whose SYN was not seen',
  synack_without_ack: 'SYN-ACKs that no ACK answered',
  syn_then_ack_without_synack: 'connections of which only what comes in was seen',
}

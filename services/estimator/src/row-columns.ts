import {
  addressBytes,
  type HandshakeBatch,
  handshakeFlag,
  ipVersion,
  type SensorStatus,
  type TrafficBatch,
  trafficPresent,
} from '@goldpan/core'
import type { Source } from '@goldpan/runtime'
import { formatWarehouseTime } from '@goldpan/warehouse'
import {
  type Column,
  dictionaryColumn,
  handshakeColumns,
  trafficColumns,
  unsignedColumn,
} from '@goldpan/wire'
import { asnOf, countryNumberOf, ipVersionOf, type NetworkTable } from './network-table.ts'

/** Numbers of the Arrow dictionaries in a block; those of a message's own are 1 and 2. */
const dictionaryId = { service: 3, site: 4, sensor: 5, country: 6, excluded: 7, method: 8 } as const

/** Rows of one source that follow each other in a block. */
export interface SourceRun {
  readonly source: Source
  readonly rows: number
  /** They are kept apart: the clock of their sensor is wrong. */
  readonly isClockWrong: boolean
}

/** Columns of the table `handshakes`: the message's, the source, and what enrichment adds. */
export function handshakeRowColumns(
  batch: HandshakeBatch,
  runs: readonly SourceRun[],
  networks: NetworkTable | undefined,
): Column[] {
  return [
    ...sourceColumns(runs, batch.length),
    ...handshakeColumns(batch),
    constantColumn('method', 'handshake', dictionaryId.method, batch.length),
    ...networkColumns(batch.prefix, batch.length, networks),
    excludedColumn(runs, batch.length, batch.flags),
  ]
}

/** Columns of the table `traffic`. */
export function trafficRowColumns(
  batch: TrafficBatch,
  runs: readonly SourceRun[],
  networks: NetworkTable | undefined,
): Column[] {
  const { present, length } = batch
  const hasPrefix = { present, bit: trafficPresent.prefix }
  return [
    ...sourceColumns(runs, length),
    ...trafficColumns(batch),
    ...networkColumns(batch.prefix, length, networks, hasPrefix),
    excludedColumn(runs, length),
  ]
}

/** How a heartbeat came. */
export interface Arrival {
  /** By the clock of the bus; without one there is none. */
  readonly busMillis?: number | undefined
  readonly isClockWrong: boolean
}

/** A row of the table `sensor_status`. */
export function sensorStatusRow(
  status: SensorStatus,
  source: Source,
  { busMillis, isClockWrong }: Arrival,
): object {
  return {
    ...source,
    time: formatWarehouseTime(status.timeMicros),
    final: status.final,
    packets: status.packets,
    bytes: status.bytes,
    handshakes: status.handshakes,
    kernel_drops: status.kernelDrops ?? null,
    counters: status.counters,
    pending: status.pending,
    version: status.version,
    passive_opens: status.passiveOpens ?? null,
    pending_max: status.pendingMax ?? null,
    timestamp_type: status.timestampType ?? null,
    clock_offset_us: status.clockOffsetMicros ?? null,
    clock_steps: status.clockSteps ?? null,
    traffic_mode: status.trafficMode ?? null,
    sampling_rate: status.samplingRate ?? null,
    cpu_cores: status.cpuShare ?? null,
    platform: status.platform ?? null,
    arrived: busMillis === undefined ? null : formatWarehouseTime(busMillis * 1000),
    excluded: isClockWrong ? 'clock' : '',
  }
}

const sourceColumns = (runs: readonly SourceRun[], length: number): Column[] =>
  (['service', 'site', 'sensor'] as const).map((name) => {
    const indexes = new Map<string, number>()
    const keys = new Uint16Array(length)
    let row = 0
    for (const { source, rows } of runs) {
      const key = indexes.get(source[name]) ?? indexes.size
      indexes.set(source[name], key)
      keys.fill(key, row, row + rows)
      row += rows
    }
    return dictionaryColumn(
      name,
      { texts: [...indexes.keys()], keys, id: dictionaryId[name] },
      length,
    )
  })

const constantColumn = (name: string, text: string, id: number, length: number): Column =>
  dictionaryColumn(name, { texts: [text], keys: new Uint16Array(length), id }, length)

const known = { asn: 1, country: 2 } as const

/** `ip_version`, `asn` and `country` by prefix; absent where nothing is known. */
function networkColumns(
  prefixes: Uint8Array,
  length: number,
  networks: NetworkTable | undefined,
  hasPrefix?: { readonly present: Uint8Array; readonly bit: number },
): Column[] {
  const versions = new Uint8Array(length)
  const asns = new Uint32Array(length)
  const countries = new Uint16Array(length)
  const present = new Uint8Array(length)
  for (let row = 0; row < length; row++) {
    if (hasPrefix && !(hasPrefix.present[row]! & hasPrefix.bit)) continue
    if (!networks) {
      versions[row] = ipVersion(prefixes, row * addressBytes)
      continue
    }
    const place = networks.place(prefixes, row * addressBytes)
    const asn = asnOf(place)
    const country = countryNumberOf(place)
    versions[row] = ipVersionOf(place)
    asns[row] = asn
    countries[row] = country
    present[row] = (asn === 0 ? 0 : known.asn) | (country === 0 ? 0 : known.country)
  }
  const texts = networks?.countries ?? []
  return [
    unsignedColumn('ip_version', versions, length, hasPrefix),
    unsignedColumn('asn', asns, length, { present, bit: known.asn }),
    dictionaryColumn('country', { texts, keys: countries, id: dictionaryId.country }, length, {
      present,
      bit: known.country,
    }),
  ]
}

const exclusions = ['', 'ambiguous', 'client_side', 'clock'] as const
const exclusion = { ambiguous: 1, clientSide: 2, clock: 3 } as const

/** Why a row is kept out of every aggregate; empty: it counts. */
function excludedColumn(runs: readonly SourceRun[], length: number, flags?: Uint8Array): Column {
  const keys = new Uint16Array(length)
  let row = 0
  for (const { rows, isClockWrong } of runs) {
    if (isClockWrong) keys.fill(exclusion.clock, row, row + rows)
    else if (flags) markFlags(keys, flags, row, row + rows)
    row += rows
  }
  return dictionaryColumn(
    'excluded',
    { texts: exclusions, keys, id: dictionaryId.excluded },
    length,
  )
}

function markFlags(keys: Uint16Array, flags: Uint8Array, start: number, end: number): void {
  for (let row = start; row < end; row++) {
    if (flags[row]! & handshakeFlag.ambiguous) keys[row] = exclusion.ambiguous
    else if (flags[row]! & handshakeFlag.client_side) keys[row] = exclusion.clientSide
  }
}

import { execFileSync } from 'node:child_process'

/** One TCP segment to or from port 53 as tshark sees it. */
export interface TsharkSegment {
  /** `client port server port`, whoever sent it. */
  readonly tuple: string
  readonly fromClient: boolean
  /** Microseconds since 1970, rounded down. */
  readonly micros: number
  readonly flags: number
  readonly sequence: number
  readonly acknowledgment: number
  readonly payloadBytes: number
  /** Set where tshark counts it as the ACK of the handshake: ack_rtt in microseconds. */
  readonly rttMicros: number | undefined
  readonly fastOpen: boolean
}

const fields = [
  ...['frame.time_epoch', 'ip.src', 'ipv6.src', 'ip.dst', 'ipv6.dst', 'tcp.srcport'],
  ...['tcp.dstport', 'tcp.flags', 'tcp.seq_raw', 'tcp.ack_raw', 'tcp.len', 'tcp.ack'],
  ...['tcp.analysis.ack_rtt', 'tcp.options.tfo', 'tcp.option_kind'],
]

/** Reads a capture with tshark; of nested IP headers the innermost one speaks. */
export function readWithTshark(path: string, port = 53): TsharkSegment[] {
  const output = execFileSync(
    'tshark',
    [
      ...['-n', '-r', path, '-Y', `tcp.port==${port} && !icmp && !icmpv6`],
      ...['-o', 'tcp.relative_sequence_numbers:TRUE', '-o', 'tcp.check_checksum:FALSE'],
      ...['--disable-protocol', 'dns', '-T', 'fields', '-E', 'separator=|'],
      ...fields.flatMap((field) => ['-e', field]),
    ],
    { encoding: 'utf8', maxBuffer: 2 ** 29, stdio: ['ignore', 'pipe', 'ignore'] },
  )
  return output
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => parseLine(line.split('|'), port))
}

/** Of nested headers the innermost address; a mapped one as IPv4. */
const innermost = (field: string): string =>
  field
    .split(',')
    .at(-1)!
    .replace(/^::ffff:(?=\d+\.)/, '')

function parseLine(values: readonly string[], port: number): TsharkSegment {
  const value = (name: string): string => values[fields.indexOf(name)] ?? ''
  const source = innermost(value('ip.src') || value('ipv6.src'))
  const destination = innermost(value('ip.dst') || value('ipv6.dst'))
  const fromClient = Number(value('tcp.dstport')) === port
  const ends = [`${source} ${value('tcp.srcport')}`, `${destination} ${value('tcp.dstport')}`]
  const flags = Number(value('tcp.flags'))
  const isHandshakeAck =
    fromClient && value('tcp.ack') === '1' && (flags & 0x06) === 0 && (flags & 0x10) !== 0
  const rtt = value('tcp.analysis.ack_rtt')
  return {
    tuple: (fromClient ? ends : ends.toReversed()).join(' '),
    fromClient,
    micros: microsOf(value('frame.time_epoch')),
    flags,
    sequence: Number(value('tcp.seq_raw')),
    acknowledgment: Number(value('tcp.ack_raw')),
    payloadBytes: Number(value('tcp.len')),
    rttMicros: isHandshakeAck && rtt !== '' ? Math.round(Number(rtt) * 1e6) : undefined,
    fastOpen: value('tcp.option_kind').split(',').includes('34'),
  }
}

/** The fraction is cut, not rounded, and never goes through a float with the seconds. */
function microsOf(epoch: string): number {
  const [seconds, fraction = ''] = epoch.split('.')
  return Number(seconds) * 1e6 + Number(fraction.padEnd(6, '0').slice(0, 6))
}

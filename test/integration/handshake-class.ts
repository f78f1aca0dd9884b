import type { TsharkSegment } from './tshark.ts'

/**
 * Why tshark and Goldpan may differ on a 4-tuple. Where none of these is so, they must agree.
 *
 * - `syn_ack_retransmitted`: tshark counts from the first or the last SYN-ACK, whichever its
 *   stream analysis holds, and once more from one that repeats after the completion; Goldpan from
 *   the one that TCP timestamps name, else it says `ambiguous`, and once.
 * - `wrong_number_first`: an ACK with another number came first: tshark gives no RTT then.
 * - `4_tuple_reused`: several initial sequence numbers: tshark's relative numbers are the first's.
 * - `reset`: tshark goes on after an RST, Goldpan ends the handshake.
 * - `fast_open`: an ACK of data that the server sent at once has another relative number.
 * - `client_side`: the capture was taken at the client: Goldpan gives SYN → SYN-ACK instead.
 * - `out_of_range`: negative, or over 10 s: Goldpan discards.
 * - `rtt_zero`: tshark has no RTT of 0.
 * - `mirrored`: the capture has packets twice: tshark measures from the copy of the SYN-ACK.
 */
export const handshakeClasses = [
  '4_tuple_reused',
  'mirrored',
  'syn_ack_retransmitted',
  'reset',
  'wrong_number_first',
  'fast_open',
  'out_of_range',
  'rtt_zero',
  'client_side',
] as const
export type HandshakeClass = (typeof handshakeClasses)[number]

const bits = { fin: 1, syn: 2, rst: 4, ack: 16 } as const
const isSynack = ({ flags }: TsharkSegment): boolean =>
  (flags & (bits.syn | bits.ack)) === (bits.syn | bits.ack)
const isSyn = ({ flags }: TsharkSegment): boolean => (flags & (bits.syn | bits.ack)) === bits.syn
const isAck = ({ flags, fromClient }: TsharkSegment): boolean =>
  fromClient && (flags & (bits.syn | bits.rst | bits.ack)) === bits.ack

/** The class of a 4-tuple by its segments in capture order; undefined: nothing special. */
export function classOf(segments: readonly TsharkSegment[]): HandshakeClass | undefined {
  const synacks = segments.filter(isSynack)
  const syns = segments.filter(isSyn)
  const isns = new Set(synacks.map(({ sequence }) => sequence))
  if (isns.size > 1 || new Set(syns.map(({ sequence }) => sequence)).size > 1)
    return '4_tuple_reused'
  const synack = synacks[0]
  if (!synack) return undefined
  if (hasCopies(segments)) return 'mirrored'
  const right = (synack.sequence + 1) >>> 0
  const acks = segments.filter(isAck)
  const first = acks.find(({ acknowledgment }) => acknowledgment === right)
  const before = segments.slice(0, first ? segments.indexOf(first) : undefined)
  if (synacks.length > 1) return 'syn_ack_retransmitted'
  if (before.some(({ flags }) => flags & bits.rst)) return 'reset'
  if (segments.some((segment) => isSyn(segment) && (segment.fastOpen || segment.payloadBytes > 0)))
    return 'fast_open'
  if (before.some((segment) => isAck(segment))) return 'wrong_number_first'
  return first ? classOfTimes(syns.at(-1), synack, first) : undefined
}

function hasCopies(segments: readonly TsharkSegment[]): boolean {
  return segments.some((segment, index) =>
    segments.slice(0, index).some(
      (other) =>
        isSynack(segment) &&
        isSynack(other) &&
        other.sequence === segment.sequence &&
        // A copy is no earlier: over a clock that stepped back it is a retransmission.
        segment.micros >= other.micros &&
        segment.micros - other.micros <= 5000,
    ),
  )
}

function classOfTimes(
  syn: TsharkSegment | undefined,
  synack: TsharkSegment,
  ack: TsharkSegment,
): HandshakeClass | undefined {
  const rtt = ack.micros - synack.micros
  if (rtt < 0 || rtt > 10e6) return 'out_of_range'
  if (rtt === 0) return 'rtt_zero'
  const accept = syn ? synack.micros - syn.micros : 0
  return rtt < 500 && accept > 1000 && accept > 20 * rtt ? 'client_side' : undefined
}

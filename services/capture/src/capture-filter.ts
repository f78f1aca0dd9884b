/** What the kernel passes to the sensor; everything else costs the host nothing more. */
export interface FilterOptions {
  readonly ports: readonly number[]
  /** 1: every query over UDP, N (a power of two): one in N, 0: none. */
  readonly rate: number
}

/** RFC 9293 §3.1: SYN and RST in the byte of the flags. */
const synOrRst = 0x06
/** RFC 1035 §4.1.1: TC in the first byte of the flags. */
const truncated = 0x02

/**
 * The expression in the language of pcap-filter(7).
 *
 * Of TCP it passes all that clients send (the ACK that completes a handshake may carry a query) and
 * what has SYN or RST set; of UDP queries, and of answers the truncated ones and one in 256 (the
 * DNS id ends with a zero byte), so that it can be told whether answers are visible at all. Tags of
 * VLANs are looked for in the frame and in the metadata where the kernel strips them; two deep.
 */
export function createCaptureFilter({ ports, rate }: FilterOptions): string {
  const terms = ports.flatMap((port) => [...tcpTerms(port), ...udpTerms(port, rate)])
  const plain = terms.join(' or ')
  return `(${plain}) or (vlan and ((${plain}) or (vlan and (${plain}))))`
}

const tcpTerms = (port: number): string[] => [
  `(tcp dst port ${port})`,
  `(ip and tcp src port ${port} and tcp[13] & ${synOrRst} != 0)`,
  `(ip6[6] = 6 and ip6[40:2] = ${port} and ip6[53] & ${synOrRst} != 0)`,
]

function udpTerms(port: number, rate: number): string[] {
  if (rate === 0) return []
  // The id first: of the other order libpcap makes a program that Linux refuses (it may read a word
  // of its memory that was not written), and then filters in the process.
  const query = (term: string, portAt: string, idAt: string): string =>
    rate === 1 ? `(${term})` : `(${term} and (${idAt} + ${portAt}) & ${rate - 1} = 0)`
  const answer = (term: string, flagsAt: string, portAt: string, idAt: string): string =>
    query(`${term} and (${flagsAt} & ${truncated} != 0 or ${idAt} & 255 = 0)`, portAt, idAt)
  return [
    query(`ip and udp dst port ${port}`, 'udp[0:2]', 'udp[8:2]'),
    query(`ip6[6] = 17 and ip6[42:2] = ${port}`, 'ip6[40:2]', 'ip6[48:2]'),
    answer(`ip and udp src port ${port}`, 'udp[10]', 'udp[2:2]', 'udp[8:2]'),
    answer(`ip6[6] = 17 and ip6[40:2] = ${port}`, 'ip6[50]', 'ip6[42:2]', 'ip6[48:2]'),
  ]
}

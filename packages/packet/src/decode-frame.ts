import { linkType } from './link-type.ts'

/**
 * Where the IP header of a frame starts, or −1 when it carries no IP (or is cut before it).
 * Reads at most the link header; `end` is the first byte after the captured part.
 */
export function networkOffset(
  buffer: Uint8Array,
  start: number,
  end: number,
  type: number,
): number {
  if (type === linkType.ethernet) return afterEtherType(buffer, start + 12, end)
  switch (type) {
    case linkType.linuxSll:
      return afterEtherType(buffer, start + 14, end)
    case linkType.linuxSll2:
      return afterSll2(buffer, start, end)
    case linkType.null:
    case linkType.loop:
      return start + 4
    default:
      return start
  }
}

/** The ethertype at `offset`, past any 802.1Q, 802.1ad and old QinQ tags. */
function afterEtherType(buffer: Uint8Array, offset: number, end: number): number {
  let at = offset
  while (at + 2 <= end) {
    const etherType = (buffer[at]! << 8) | buffer[at + 1]!
    if (etherType === 0x0800 || etherType === 0x86dd) return at + 2
    if (etherType !== 0x8100 && etherType !== 0x88a8 && etherType !== 0x9100) return -1
    at += 4
  }
  return -1
}

/** SLL2 has its protocol first, the tags follow the 20-byte header. */
function afterSll2(buffer: Uint8Array, start: number, end: number): number {
  if (start + 20 > end) return -1
  const etherType = (buffer[start]! << 8) | buffer[start + 1]!
  if (etherType === 0x0800 || etherType === 0x86dd) return start + 20
  if (etherType !== 0x8100 && etherType !== 0x88a8 && etherType !== 0x9100) return -1
  return afterEtherType(buffer, start + 22, end)
}

/** The neighbour of a frame: the outermost VLAN and the MAC address across the link. */
export interface Neighbour {
  /** VLAN identifier, or −1 where the frame has none. */
  vlan: number
  /** Offset of the 6 bytes of the neighbour's MAC address, or −1 where the link type has none. */
  macOffset: number
}

/**
 * Finds the neighbour of a frame: its source where `inbound`, else its destination.
 * Writes into `neighbour`; only Ethernet and (inbound) Linux cooked captures know one.
 */
export function readNeighbour(
  buffer: Uint8Array,
  start: number,
  type: number,
  inbound: boolean,
  neighbour: Neighbour,
): void {
  neighbour.vlan = -1
  neighbour.macOffset = -1
  if (type === linkType.ethernet) {
    neighbour.macOffset = inbound ? start + 6 : start
    const etherType = (buffer[start + 12]! << 8) | buffer[start + 13]!
    if (etherType === 0x8100 || etherType === 0x88a8 || etherType === 0x9100) {
      neighbour.vlan = ((buffer[start + 14]! << 8) | buffer[start + 15]!) & 0xfff
    }
  } else if (type === linkType.linuxSll && inbound && buffer[start + 5] === 6) {
    neighbour.macOffset = start + 6
  } else if (type === linkType.linuxSll2 && inbound && buffer[start + 11] === 6) {
    neighbour.macOffset = start + 12
  }
}

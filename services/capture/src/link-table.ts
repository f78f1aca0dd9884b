import { type Neighbour, readNeighbour, type Segment } from '@goldpan/packet'

/** Neighbours told apart in one batch; row 0 of the dictionary stands for those beyond. */
const linksMax = 4096
const slots = linksMax * 4

/** Dictionary of the neighbours (VLAN and MAC address) that packets came from or went to. */
export class LinkTable {
  /** `vlan/mac`, `-/mac` without a VLAN; the first entry is for what is beyond the bound. */
  readonly links: string[] = ['other']
  readonly #keys = new Float64Array(slots).fill(-1)
  readonly #vlans = new Int16Array(slots)
  readonly #indexes = new Uint16Array(slots)
  readonly #neighbour: Neighbour = { vlan: -1, macOffset: -1 }

  /** Index of the neighbour of `segment`, or −1 where the link type knows none. */
  indexOf(segment: Segment, inbound: boolean): number {
    const neighbour = this.#neighbour
    readNeighbour(segment.buffer, segment.frameStart, segment.linkType, inbound, neighbour)
    if (neighbour.macOffset < 0) return -1
    const { buffer } = segment
    const at = neighbour.macOffset
    const high = (buffer[at]! << 8) | buffer[at + 1]!
    const low =
      ((buffer[at + 2]! << 24) |
        (buffer[at + 3]! << 16) |
        (buffer[at + 4]! << 8) |
        buffer[at + 5]!) >>>
      0
    const key = high * 2 ** 32 + low
    let slot = (Math.imul(low ^ high ^ (neighbour.vlan << 16), 0x9e37_79b1) >>> 0) % slots
    while (this.#keys[slot] !== -1) {
      if (this.#keys[slot] === key && this.#vlans[slot] === neighbour.vlan)
        return this.#indexes[slot]!
      slot = (slot + 1) % slots
    }
    return this.#add(slot, key, neighbour.vlan)
  }

  #add(slot: number, key: number, vlan: number): number {
    if (this.links.length >= linksMax) return 0
    const mac = key
      .toString(16)
      .padStart(12, '0')
      .replaceAll(/(..)(?=.)/g, '$1:')
    this.#keys[slot] = key
    this.#vlans[slot] = vlan
    this.#indexes[slot] = this.links.length
    this.links.push(`${vlan < 0 ? '-' : vlan}/${mac}`)
    return this.links.length - 1
  }
}

/** Link types of captures (https://www.tcpdump.org/linktypes.html), as far as they carry DNS. */
export const linkType = {
  null: 0,
  ethernet: 1,
  rawBsd: 12,
  rawOpenBsd: 14,
  raw: 101,
  loop: 108,
  linuxSll: 113,
  ipv4: 228,
  ipv6: 229,
  linuxSll2: 276,
} as const

const known: ReadonlySet<number> = new Set(Object.values(linkType))

/** Whether packets of this link type can be read. */
export const isKnownLinkType = (type: number): boolean => known.has(type)

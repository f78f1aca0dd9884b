import { parseAddress } from '@goldpan/core'

const addresses = { 4: parseAddress('192.0.2.53')!, 6: parseAddress('2001:db8::53')! } as const

/** The anycast address of the simulated service, 16 bytes (documentation space, RFC 5737, 3849). */
export const serverAddress = (ipVersion: 4 | 6): Uint8Array => addresses[ipVersion]

import { addressBytes, isIpv4, type Prefix } from '@goldpan/core'
import type { ExcludedClients } from './traffic-counter.ts'

const ipv4PrefixBits = 120
const ipv6PrefixBits = 48

/** Clients kept out of everything that is sent, such as monitors and own secondaries. */
export function createExcludedClients(list: readonly Prefix[]): ExcludedClients {
  const address = new Uint8Array(addressBytes)
  return {
    touches(prefix) {
      const bits = isIpv4(prefix) ? ipv4PrefixBits : ipv6PrefixBits
      return list.some((entry) => sharesBits(entry.bytes, prefix, Math.min(entry.bits, bits)))
    },
    has(bytes, offset, family) {
      if (family === 6) copyBytes(bytes, offset, address, 0, addressBytes)
      else {
        address.fill(0, 0, 10)
        address.fill(0xff, 10, 12)
        copyBytes(bytes, offset, address, 12, 4)
      }
      return list.some((entry) => sharesBits(entry.bytes, address, entry.bits))
    },
  }
}

function copyBytes(
  from: Uint8Array,
  offset: number,
  to: Uint8Array,
  target: number,
  length: number,
): void {
  for (let index = 0; index < length; index++) to[target + index] = from[offset + index]!
}

/** Whether the first `bits` bits are equal. */
function sharesBits(left: Uint8Array, right: Uint8Array, bits: number): boolean {
  const whole = bits >> 3
  for (let index = 0; index < whole; index++) if (left[index] !== right[index]) return false
  const rest = bits & 7
  return rest === 0 || ((left[whole]! ^ right[whole]!) & (0xff << (8 - rest)) & 0xff) === 0
}

/**
 * Counts SYN-ACKs on an interface: `node wire-probe-process.ts DEVICE PORT…`. It says when it is
 * open, then what it counted for each line on standard input, and ends with it.
 */

import { createRequire } from 'node:module'
import { createInterface } from 'node:readline'
import type { WireCounts } from './wire-probe.ts'

interface Session {
  on(event: 'packet', listener: () => void): void
}

interface PcapPackage {
  createSession(
    device: string,
    options: Readonly<Record<string, string | number | boolean>>,
  ): Session
  warningHandler: (text: string) => void
}

const [device, ...ports] = process.argv.slice(2)
const synAcks = ports
  .flatMap((port) => [
    `(ip and tcp src port ${port} and tcp[13] & 18 = 18)`,
    `(ip6[6] = 6 and ip6[40:2] = ${port} and ip6[53] & 18 = 18)`,
  ])
  .join(' or ')

try {
  const pcap = createRequire(import.meta.url)('pcap') as PcapPackage
  pcap.warningHandler = () => {}
  const count = (filter: string): { packets: number } => {
    const counted = { packets: 0 }
    const options = { snap_length: 128, buffer_size: 2 ** 20, buffer_timeout: 20 }
    const session = pcap.createSession(device!, { ...options, filter, promiscuous: false })
    session.on('packet', () => counted.packets++)
    return counted
  }
  // In an expression `vlan` moves the offsets of all that follows it: here nothing does.
  const plain = count(`(${synAcks}) and not vlan`)
  const tagged = count(`vlan and ((${synAcks}) or (vlan and (${synAcks})))`)
  const input = createInterface({ input: process.stdin })
  input.on('line', () => {
    const counts: WireCounts = { plain: plain.packets, tagged: tagged.packets }
    process.stdout.write(`${JSON.stringify(counts)}\n`)
  })
  // The sessions would keep the process.
  input.on('close', () => process.exit(0))
  process.stdout.write('open\n')
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`)
  process.exitCode = 1
}

import { createRequire } from 'node:module'

/** SYN-ACKs of the measured ports on an interface, seen without the sensor. */
export interface WireCounts {
  readonly plain: number
  /** In frames with a VLAN tag. */
  readonly tagged: number
}

export interface WireProbe {
  /** Ends the look and returns what was seen. */
  stop(): WireCounts
}

interface Session {
  on(event: 'packet', listener: () => void): void
  close(): void
}

interface PcapPackage {
  createSession(
    device: string,
    options: Readonly<Record<string, string | number | boolean>>,
  ): Session
  warningHandler: (text: string) => void
}

/** A host that answers a flood is not to be burdened: a second of it says enough. */
const packetsMax = 20_000

/** Starts to look; the error says why this host cannot. */
export function startWireProbe(device: string, ports: readonly number[]): WireProbe | string {
  const synAcks = ports
    .flatMap((port) => [
      `(ip and tcp src port ${port} and tcp[13] & 18 = 18)`,
      `(ip6[6] = 6 and ip6[40:2] = ${port} and ip6[53] & 18 = 18)`,
    ])
    .join(' or ')
  const counts = { plain: 0, tagged: 0 }
  const sessions: Session[] = []
  try {
    const pcap = createRequire(import.meta.url)('pcap') as PcapPackage
    pcap.warningHandler = () => {}
    const open = (filter: string, kind: 'plain' | 'tagged'): void => {
      const session = pcap.createSession(device, {
        ...{ filter, snap_length: 96, buffer_size: 2 ** 20, buffer_timeout: 50 },
        promiscuous: false,
      })
      sessions.push(session)
      session.on('packet', () => {
        if (counts[kind] < packetsMax) counts[kind]++
      })
    }
    // In an expression `vlan` moves the offsets of all that follows it: here nothing does.
    open(`(${synAcks}) and not vlan`, 'plain')
    open(`vlan and (${synAcks})`, 'tagged')
  } catch (error) {
    for (const session of sessions) session.close()
    return (error as Error).message.split('\n')[0]!
  }
  return {
    stop() {
      for (const session of sessions) session.close()
      return counts
    },
  }
}

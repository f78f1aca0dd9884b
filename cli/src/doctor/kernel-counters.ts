import { readFileSync } from 'node:fs'

/** What the kernel of this host counts, in this network namespace. */
export interface KernelCounters {
  /** Connections accepted, IPv4 and IPv6, any port. */
  readonly passiveOpens: number
  /** Connections lost because a listener's queue was full. */
  readonly listenDrops: number
}

/** Reads /proc/net; undefined where there is none. */
export function readKernelCounters(folder = '/proc/net'): KernelCounters | undefined {
  try {
    const tcp = parseTable(readFileSync(`${folder}/snmp`, 'utf8'), 'Tcp')
    const extended = parseTable(readFileSync(`${folder}/netstat`, 'utf8'), 'TcpExt')
    return {
      passiveOpens: tcp.get('PassiveOpens') ?? 0,
      listenDrops: extended.get('ListenDrops') ?? 0,
    }
  } catch {
    return undefined
  }
}

/** Ports other than these on which something listens: their connections are counted as well. */
export function otherListeners(ports: readonly number[], folder = '/proc/net'): number[] {
  const listening = '0A'
  const found = new Set<number>()
  for (const file of ['tcp', 'tcp6']) {
    for (const line of readLines(`${folder}/${file}`)) {
      const [, local, , state] = line.trim().split(/\s+/)
      const port = Number.parseInt(local?.split(':')[1] ?? '', 16)
      if (state === listening && !ports.includes(port)) found.add(port)
    }
  }
  return [...found].sort((one, other) => one - other)
}

/** Packets in and out of an interface; undefined where there is none of this name. */
export function readInterfacePackets(name: string): number | undefined {
  try {
    const folder = `/sys/class/net/${name}/statistics`
    const read = (file: string): number => Number(readFileSync(`${folder}/${file}`, 'utf8'))
    return read('rx_packets') + read('tx_packets')
  } catch {
    return undefined
  }
}

/** `up`, `down`, or what else the kernel says; undefined where there is no such interface. */
export function readInterfaceState(name: string): string | undefined {
  try {
    return readFileSync(`/sys/class/net/${name}/operstate`, 'utf8').trim()
  } catch {
    return undefined
  }
}

function readLines(file: string): string[] {
  try {
    return readFileSync(file, 'utf8').split('\n')
  } catch {
    return []
  }
}

/** A table of /proc/net: a line of names, a line of values, both behind `Tcp:`. */
function parseTable(text: string, prefix: string): Map<string, number> {
  const lines = text.split('\n').filter((line) => line.startsWith(`${prefix}: `))
  const [names = [], values = []] = lines.map((line) => line.split(' ').slice(1))
  return new Map(names.map((name, index) => [name, Number(values[index])]))
}

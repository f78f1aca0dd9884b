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

/** What other ports than the measured ones do: the kernel counts their connections as well. */
export interface OtherPorts {
  /** Ports that something listens on. */
  readonly listening: readonly number[]
  /** Their connections, each as `local remote` of /proc/net/tcp. */
  readonly connections: ReadonlySet<string>
}

const stateListening = '0A'

/** Reads the sockets of this network namespace. */
export function readOtherPorts(ports: readonly number[], folder = '/proc/net'): OtherPorts {
  const sockets = ['tcp', 'tcp6']
    .flatMap((file) => readLines(`${folder}/${file}`))
    .map((line) => line.trim().split(/\s+/))
    .map(([, local = '', remote = '', state]) => {
      return { port: Number.parseInt(local.split(':')[1] ?? '', 16), local, remote, state }
    })
  const listening = new Set(
    sockets
      .filter(({ state, port }) => state === stateListening && !ports.includes(port))
      .map(({ port }) => port),
  )
  const connections = sockets.filter(
    ({ state, port }) => state !== stateListening && listening.has(port),
  )
  return {
    listening: [...listening].sort((one, other) => one - other),
    connections: new Set(connections.map(({ local, remote }) => `${local} ${remote}`)),
  }
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

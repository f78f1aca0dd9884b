import { type ChildProcess, spawn } from 'node:child_process'
import { accessSync, constants, readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { err, ok, type Result } from '@goldpan/core'
import type { Log } from '@goldpan/runtime'
import { createCaptureFilter } from './capture-filter.ts'
import { type HostUser, isRoot } from './drop-privileges.ts'
import type { InterfaceLine, InterfaceOptions, InterfaceOrder } from './interface-capture.ts'
import type { LiveSource } from './live-source.ts'
import { loadPcapBinding } from './pcap-binding.ts'

export interface InterfaceSourceOptions extends Omit<InterfaceOptions, 'filter'> {
  readonly ports: readonly number[]
  /** One in how many queries over UDP is wanted. */
  readonly rate: number
  /** Whom the capture process becomes when this one is root's. */
  readonly user?: HostUser | undefined
  readonly log: Log
}

/** The capture process allocates next to nothing. */
const smallHeap = ['--optimize-for-size', '--max-old-space-size=32']
const program = fileURLToPath(new URL('./interface-process.ts', import.meta.url))

/** Captures on an interface, in a process of its own; the error is one sentence. */
export async function openInterface(
  options: InterfaceSourceOptions,
): Promise<Result<LiveSource, string>> {
  const { ports, rate, log, user, device, snapLength, bufferBytes, promiscuous } = options
  try {
    loadPcapBinding()
  } catch {
    return err(
      'the pcap package is not built: install a compiler and libpcap-dev and run goldpan again, ' +
        `or pipe a capture: tcpdump -i ${device} -U -w - 'port 53' | goldpan capture -r -`,
    )
  }
  const filter = createCaptureFilter({ ports, rate })
  const words = JSON.stringify({ device, snapLength, bufferBytes, promiscuous, filter })
  const node = [process.execPath, ...smallHeap, program, words]
  const drops = isRoot() && user !== undefined
  if (drops && setpriv !== undefined) {
    const opened = await open(setpriv, [...rawSocketAlone(user), ...node], options)
    if (opened.ok || opened.error.includes('No such device')) return explained(opened, device)
    log.debug({ reason: opened.error }, 'the capture process could not be started by setpriv')
  }
  const asUser = drops ? [user.name] : []
  return explained(await open(node[0]!, [...node.slice(1), ...asUser], options), device)
}

/** What libpcap says, and what to do. */
function explained(opened: Result<LiveSource, string>, device: string): Result<LiveSource, string> {
  if (opened.ok) return opened
  const reason = opened.error
  if (/permi/i.test(reason)) {
    return err(`${device} cannot be opened (${reason}): run as root or with CAP_NET_RAW`)
  }
  return err(`${device} cannot be opened (${reason}): name one that ip link shows as up`)
}

const setpriv = ['/usr/bin/setpriv', '/bin/setpriv'].find((path) => {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
})

/** No user may be root again, and CAP_NET_RAW is all that is left (capabilities(7)). */
const rawSocketAlone = ({ uid, gid }: HostUser): string[] => [
  ...[`--reuid=${uid}`, `--regid=${gid}`, '--clear-groups', '--no-new-privs'],
  ...['--inh-caps=-all,+net_raw', '--ambient-caps=-all,+net_raw', '--bounding-set=-all,+net_raw'],
]

async function open(
  command: string,
  words: readonly string[],
  { ports, log }: InterfaceSourceOptions,
): Promise<Result<LiveSource, string>> {
  const child = spawn(command, words, { stdio: ['pipe', 'pipe', 'pipe'] })
  const state = { drops: 0, cpuMicros: 0 }
  const opened = await firstWord(child, state, log)
  if (!opened.ok) return opened
  const opensBefore = readPassiveOpens() ?? 0
  return ok({
    stream: child.stdout!,
    timestampType: 'host',
    libpcap: opened.value,
    kernelDrops: () => state.drops,
    cpuMicros: () => state.cpuMicros,
    passiveOpens: () => {
      const opens = readPassiveOpens()
      return opens === undefined ? undefined : Math.max(opens - opensBefore, 0)
    },
    setRate(rate, atMicros) {
      const order: InterfaceOrder = { filter: createCaptureFilter({ ports, rate }), atMicros }
      child.stdin!.write(`${JSON.stringify(order)}\n`)
    },
    stop: () => child.stdin!.end(),
  })
}

/** Waits until the interface is open; from then on its lines keep `state` up to date. */
function firstWord(
  child: ChildProcess,
  state: { drops: number; cpuMicros: number },
  log: Log,
): Promise<Result<string, string>> {
  const { promise, resolve } = Promise.withResolvers<Result<string, string>>()
  let other = ''
  child.stdin!.on('error', () => {})
  createInterface({ input: child.stderr! }).on('line', (text) => {
    const line = parseLine(text)
    if (line === undefined) {
      other = text
      log.warnRarely({ said: text }, 'the capture process complains')
    } else if ('open' in line) resolve(ok(line.open.libpcap))
    else if ('stats' in line) Object.assign(state, line.stats)
    else if ('refilter' in line) log.info({ filter: line.refilter }, 'the kernel filter changed')
    else {
      resolve(err(line.error))
      log.debug({ reason: line.error }, 'the capture process ended')
    }
  })
  child.once('error', (error) => resolve(err(error.message)))
  child.once('close', (code, signal) => {
    log.debug({ code, signal, said: other }, 'the capture process is gone')
    resolve(err(other || 'the capture process ended'))
  })
  return promise
}

function parseLine(text: string): InterfaceLine | undefined {
  try {
    return JSON.parse(text) as InterfaceLine
  } catch {
    return undefined
  }
}

/** Connections that this network namespace accepted since it exists (proc_net_snmp). */
export function readPassiveOpens(): number | undefined {
  try {
    const lines = readFileSync('/proc/net/snmp', 'utf8').split('\n')
    const [names, values] = lines.filter((line) => line.startsWith('Tcp:'))
    const index = names!.split(' ').indexOf('PassiveOpens')
    return index < 0 ? undefined : Number(values!.split(' ')[index])
  } catch {
    return undefined
  }
}

import { setTimeout as delay } from 'node:timers/promises'
import {
  type KernelCounters,
  otherListeners,
  readInterfacePackets,
  readInterfaceState,
  readKernelCounters,
} from './kernel-counters.ts'
import { growth, parsePrometheusText, type Scrape } from './prometheus-text.ts'
import { startWireProbe, type WireCounts } from './wire-probe.ts'

/** What a sensor and its host did during some seconds. */
export interface SensorObservation {
  readonly seconds: number
  /** Growth of the sensor's counters; undefined when it does not answer. */
  readonly sensor: SensorGrowth | undefined
  /** Growth of the kernel's counters on this host. */
  readonly kernel: KernelCounters | undefined
  /** Ports other than the measured ones with listeners: the kernel counts theirs too. */
  readonly otherPorts: readonly number[]
  readonly link: { readonly state: string; readonly packets: number } | undefined
  /** What is on the wire, or why that cannot be seen. */
  readonly wire: WireCounts | string
}

export interface SensorGrowth {
  readonly packets: number
  readonly kernelDrops: number
  readonly syns: number
  readonly synAcks: number
  readonly handshakes: number
}

export interface ObservationOptions {
  readonly url: string
  readonly interface?: string | undefined
  readonly ports: readonly number[]
  readonly seconds: number
}

const answerMillisMax = 5000
/** Sensors tell their counters once a second. */
const tellingMillis = 1100

/** Looks at the sensor, its kernel and its interface at once, for some seconds. */
export async function observeSensor(options: ObservationOptions): Promise<SensorObservation> {
  const { url, ports, seconds, interface: device } = options
  const first = await scrape(url)
  const kernelBefore = readKernelCounters()
  const packetsBefore = device === undefined ? undefined : readInterfacePackets(device)
  const probe = device === undefined ? 'no interface is named' : startWireProbe(device, ports)
  await delay(seconds * 1000)
  const kernelAfter = readKernelCounters()
  const packetsAfter = device === undefined ? undefined : readInterfacePackets(device)
  const wire = typeof probe === 'string' ? probe : probe.stop()
  // The sensor has to tell what it saw until now.
  await delay(tellingMillis)
  const last = first && (await scrape(url))
  const link =
    packetsBefore === undefined || packetsAfter === undefined
      ? undefined
      : { state: readInterfaceState(device!) ?? 'gone', packets: packetsAfter - packetsBefore }
  return {
    seconds,
    sensor: first && last ? sensorGrowth(first, last) : undefined,
    kernel: kernelBefore && kernelAfter ? kernelGrowth(kernelBefore, kernelAfter) : undefined,
    otherPorts: otherListeners(ports),
    link,
    wire,
  }
}

async function scrape(url: string): Promise<Scrape | undefined> {
  try {
    const response = await fetch(new URL('/metrics', url), {
      signal: AbortSignal.timeout(answerMillisMax),
    })
    return response.ok ? parsePrometheusText(await response.text()) : undefined
  } catch {
    return undefined
  }
}

function sensorGrowth(before: Scrape, after: Scrape): SensorGrowth {
  const of = (name: string): number => growth(before, after, `goldpan_capture_${name}`)
  const event = (reason: string): number => of(`events_total{reason="${reason}"}`)
  return {
    packets: of('packets_total'),
    kernelDrops: of('kernel_dropped_packets_total'),
    syns: event('syns'),
    synAcks: event('synacks'),
    handshakes: event('handshakes'),
  }
}

const kernelGrowth = (before: KernelCounters, after: KernelCounters): KernelCounters => ({
  passiveOpens: after.passiveOpens - before.passiveOpens,
  listenDrops: after.listenDrops - before.listenDrops,
})

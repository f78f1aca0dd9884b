import { setTimeout as delay } from 'node:timers/promises'
import {
  type KernelCounters,
  readInterfacePackets,
  readInterfaceState,
  readKernelCounters,
  readOtherPorts,
} from './kernel-counters.ts'
import { growth, parsePrometheusText, type Scrape } from './prometheus-text.ts'
import { openWireProbe, type WireCounts } from './wire-probe.ts'

/** What a sensor and its host did during some seconds. */
export interface SensorObservation {
  readonly seconds: number
  /** Growth of the sensor's counters; undefined when it does not answer. */
  readonly sensor: SensorGrowth | undefined
  /** Growth of the kernel's counters on this host. */
  readonly kernel: KernelCounters | undefined
  /** Other ports with listeners, and how many connections to them were seen to begin. */
  readonly otherPorts: { readonly listening: readonly number[]; readonly connections: number }
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
/** Sensors tell their counters once a second: waited for, so that all is of one moment. */
const tellingMillisMax = 1300
const pollMillis = 25

/** Everything that is read at one moment. */
interface Reading {
  readonly sensor: Scrape | undefined
  readonly kernel: KernelCounters | undefined
  readonly linkPackets: number | undefined
  readonly wire: WireCounts | undefined
}

/** Looks at the sensor, its kernel and its interface at once, for some seconds. */
export async function observeSensor(options: ObservationOptions): Promise<SensorObservation> {
  const { url, ports, seconds, interface: device } = options
  const probe = device === undefined ? 'no interface is named' : await openWireProbe(device, ports)
  const measured = [...ports, Number(new URL(url).port)]
  const read = async (): Promise<Reading> => {
    const sensor = await scrapeWhenTold(url)
    return {
      sensor,
      kernel: readKernelCounters(),
      linkPackets: device === undefined ? undefined : readInterfacePackets(device),
      wire: typeof probe === 'string' ? undefined : await probe.count(),
    }
  }
  const others = readOtherPorts(measured)
  const first = await read()
  await delay(seconds * 1000)
  const last = await read()
  const othersLast = readOtherPorts(measured)
  if (typeof probe !== 'string') probe.close()
  return {
    seconds,
    sensor: first.sensor && last.sensor && sensorGrowth(first.sensor, last.sensor),
    kernel: first.kernel && last.kernel && kernelGrowth(first.kernel, last.kernel),
    otherPorts: {
      listening: othersLast.listening,
      connections: countNew(others.connections, othersLast.connections),
    },
    link: linkGrowth(device, first, last),
    wire: typeof probe === 'string' ? probe : wireGrowth(first.wire, last.wire),
  }
}

const countNew = (before: ReadonlySet<string>, after: ReadonlySet<string>): number =>
  [...after].filter((each) => !before.has(each)).length

function linkGrowth(device: string | undefined, first: Reading, last: Reading) {
  if (device === undefined) return undefined
  if (first.linkPackets === undefined || last.linkPackets === undefined) return undefined
  const state = readInterfaceState(device) ?? 'gone'
  return { state, packets: last.linkPackets - first.linkPackets }
}

const wireGrowth = (
  first: WireCounts | undefined,
  last: WireCounts | undefined,
): WireCounts | string =>
  first && last
    ? { plain: last.plain - first.plain, tagged: last.tagged - first.tagged }
    : 'the probe ended'

/** A scrape right after the sensor told its counters anew; without packets, some scrape. */
async function scrapeWhenTold(url: string): Promise<Scrape | undefined> {
  const first = await scrape(url)
  const told = (each: Scrape | undefined) => each?.get('goldpan_capture_packets_total')
  let last = first
  for (let waited = 0; last && waited < tellingMillisMax; waited += pollMillis) {
    if (told(last) !== told(first)) break
    await delay(pollMillis)
    last = await scrape(url)
  }
  return last
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
  const event = (reason: string): number => of(`events_total{stage="handshake",reason="${reason}"}`)
  return {
    packets: of('packets_total'),
    kernelDrops: of('kernel_dropped_packets_total{stage="kernel",reason="late"}'),
    syns: event('syns'),
    synAcks: event('synacks'),
    handshakes: event('handshakes'),
  }
}

const kernelGrowth = (before: KernelCounters, after: KernelCounters): KernelCounters => ({
  passiveOpens: after.passiveOpens - before.passiveOpens,
  listenDrops: after.listenDrops - before.listenDrops,
})

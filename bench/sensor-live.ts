/**
 * What a sensor costs beside a real name server: NSD and dnsperf in two network namespaces.
 *
 *   node bench/sensor-live.ts [QUERIES_PER_SECOND] [SECONDS] [pcap|tcpdump]
 *
 * 5 % of the queries are TCP, one connection each. Needs root, nsd, dnsperf and iproute2.
 */

import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { createFileBusReceiver } from '@goldpan/runtime'
import { decodeSensorStatus, decodeTraffic } from '@goldpan/wire'
import { makeTwoHosts, readUsages, untilCapturing } from './network-namespaces.ts'
import { sensorEnvironment, sensorFlags } from './sensor-start.ts'

const queriesPerSecond = Number(process.argv[2] ?? 50_000)
const seconds = Number(process.argv[3] ?? 20)
const way = process.argv[4] ?? 'pcap'
const tcpShare = 0.05

const folder = mkdtempSync(join(tmpdir(), 'goldpan-sensor-live-'))
chmodSync(folder, 0o755) // the sensor becomes another user
const hosts = makeTwoHosts()
const running: ReturnType<typeof hosts.run>[] = []

function nameServer(): void {
  writeFileSync(
    join(folder, 'nsd.conf'),
    `server:
  ip-address: ${hosts.serverAddress}@53
  username: ""
  zonesdir: "${folder}"
  pidfile: ""
  database: ""
  xfrdfile: "${folder}/xfrd"
  zonelistfile: "${folder}/zonelist"
  # Two processes, each with sockets of its own: one alone leaves TCP waiting behind UDP.
  server-count: 2
  reuseport: yes
  tcp-count: 2000
  tcp-query-count: 1
  # One client asks for all: a limit by client would leave whole windows without an answer.
  rrl-ratelimit: 0
  rrl-whitelist-ratelimit: 0
  receive-buffer-size: 4194304
  send-buffer-size: 4194304
remote-control:
  control-enable: no
zone:
  name: example
  zonefile: example.zone
`,
  )
  const records = Array.from({ length: 100 }, (_, each) => `n${each} 60 A 192.0.2.${each}`)
  const zone = ['$ORIGIN example.', '@ 60 SOA ns h 1 3600 600 86400 60', '@ 60 NS ns', ...records]
  writeFileSync(join(folder, 'example.zone'), `${zone.join('\n')}\nns 60 A 192.0.2.1\n`)
  const queries = Array.from({ length: 100 }, (_, each) => `n${each}.example A`)
  writeFileSync(join(folder, 'queries'), `${queries.join('\n')}\n`)
  running.push(hosts.run(hosts.server, 'nsd', ['-d', '-c', join(folder, 'nsd.conf')]))
}

const main = fileURLToPath(new URL('../cli/src/main.ts', import.meta.url))
const bus = join(folder, 'bus')

function sensor() {
  mkdirSync(bus)
  const words = ['capture', '--service', 'ns1.example', '--site', 'ams', '--to', `file:${bus}`]
  process.env.GOLDPAN_HTTP_CAPTURE_LISTEN = 'off'
  process.env.GOLDPAN_CAPTURE_CPU_SHARE = '2'
  process.env.STATE_DIRECTORY = folder
  Object.assign(process.env, sensorEnvironment)
  if (way === 'pcap') {
    return hosts.run(hosts.server, process.execPath, [
      ...sensorFlags,
      main,
      ...words,
      '-i',
      hosts.device,
    ])
  }
  const filter = 'tcp port 53 or (udp dst port 53) or (udp src port 53 and udp[10] & 2 != 0)'
  const tcpdump = hosts.run(hosts.server, 'tcpdump', [
    ...['-i', hosts.device, '-U', '-s', '128', '-B', '16384', '-w', '-', filter],
  ])
  const child = hosts.run(hosts.server, process.execPath, [
    ...sensorFlags,
    main,
    ...words,
    '-r',
    '-',
  ])
  tcpdump.stdout!.pipe(child.stdin!)
  running.push(tcpdump)
  return child
}

async function dnsperf(mode: 'udp' | 'tcp', rate: number): Promise<number> {
  const words = ['-s', hosts.serverAddress, '-d', join(folder, 'queries'), '-m', mode]
  // Over TCP as many clients as queries on their way, so that few share a connection.
  const width =
    mode === 'tcp' ? ['-c', '800', '-q', '800', '-T', '1'] : ['-c', '8', '-q', '400', '-t', '1']
  const load = ['-Q', String(rate), '-l', String(seconds), '-b', '4096', ...width]
  const child = hosts.run(hosts.client, 'dnsperf', [...words, ...load])
  child.stderr!.pipe(process.stderr)
  const output = await text(child.stdout!)
  return Number(/Queries sent:\s+(\d+)/.exec(output)?.[1] ?? Number.NaN)
}

/** What the sensor counted, and how it says it was. */
async function counted() {
  const receiver = createFileBusReceiver({ folder: bus })
  if (!receiver.ok) throw new Error(receiver.error)
  let udp = 0
  let tcp = 0
  let status: object = {}
  for await (const { topic, value } of receiver.value.receive()) {
    const traffic = topic === 'goldpan.traffic.v1' ? decodeTraffic(value) : undefined
    if (traffic?.ok) {
      const { batch } = traffic.value
      for (let row = 0; row < batch.length; row++) {
        udp += batch.udpQueries[row]!
        tcp += batch.tcpQueries[row]!
      }
    }
    const heartbeat = topic === 'goldpan.sensors.v1' ? decodeSensorStatus(value) : undefined
    if (heartbeat?.ok) status = heartbeat.value.statuses.at(-1)!
  }
  return { udp, tcp, status }
}

try {
  nameServer()
  const child = sensor()
  await untilCapturing(child)
  const before = readUsages(child.pid!)
  const [udpSent, tcpSent] = await Promise.all([
    dnsperf('udp', queriesPerSecond * (1 - tcpShare)),
    dnsperf('tcp', queriesPerSecond * tcpShare),
  ])
  await delay(1000)
  const after = readUsages(child.pid!)
  child.kill('SIGTERM')
  await new Promise((resolve) => child.once('close', resolve))
  const spent = after.map((usage, index) => usage.cpuSeconds - (before[index]?.cpuSeconds ?? 0))
  const cpuSeconds = spent.reduce((sum, each) => sum + each)
  const { udp, tcp, status } = await counted()
  console.log(JSON.stringify(status))
  console.table({
    'queries sent (UDP, TCP)': `${udpSent}, ${tcpSent}`,
    'queries counted (UDP, TCP)': `${udp}, ${tcp}`,
    'queries per second': Math.round((udpSent + tcpSent) / seconds),
    'CPU of the sensor and its capture process, s': spent.map((each) => each.toFixed(2)).join(', '),
    'CPU per query, µs': ((cpuSeconds / (udpSent + tcpSent)) * 1e6).toFixed(2),
    'share of a core at 50 k/s': `${((cpuSeconds / (udpSent + tcpSent)) * 5e6).toFixed(1)} %`,
    'their memory, MB (PSS)': after.map((each) => Math.round(each.memoryBytes / 1e6)).join(', '),
  })
} finally {
  for (const each of running) each.kill('SIGTERM')
  await delay(500)
  hosts.close()
  rmSync(folder, { recursive: true })
}

import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Result, SensorStatus } from '@goldpan/core'
import { buildTcpFrame, buildUdpFrame, control } from '@goldpan/packet'
import { createFileBusReceiver } from '@goldpan/runtime'
import { decodeHandshakes, decodeSensorStatus, decodeTraffic } from '@goldpan/wire'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { TwoHosts, whyNoHosts } from './two-hosts.ts'
import { untilCapturing } from './until-capturing.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

function whyNot(): string | undefined {
  try {
    createRequire(join(root, 'services/capture/src/main.ts'))(
      'pcap/build/Release/pcap_binding.node',
    )
  } catch {
    if (process.env.CI === 'true') throw new Error('CI must have built the pcap package')
    return 'the pcap package is not built'
  }
  return whyNoHosts()
}
const reason = whyNot()

let hosts: TwoHosts
let folder: string
beforeAll(() => {
  if (!reason) hosts = new TwoHosts('live')
})
afterAll(() => hosts?.close())
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'goldpan-live-'))
  // The sensor becomes another user.
  chmodSync(folder, 0o755)
  return () => rmSync(folder, { recursive: true, force: true })
})

/** A sensor on the server's wire, or the client's, once it captures. */
async function startSensor(
  name: string,
  { host = 'server', words = [], env = {} }: SensorOptions = {},
) {
  const bus = join(folder, name)
  const args = ['--service', 'ns1.example', '--site', 'ams', '--sensor', name, ...words]
  const started = hosts.start(
    host,
    [join(root, 'cli/src/main.ts'), 'capture', '-i', 'eth0', '--to', `file:${bus}`, ...args],
    {
      ...process.env,
      ...env,
      STATE_DIRECTORY: join(folder, 'state'),
      GOLDPAN_HTTP_CAPTURE_LISTEN: 'off',
    },
  )
  await untilCapturing(started.child)
  return {
    ...started,
    bus,
    async stop() {
      started.child.kill('SIGTERM')
      expect(await started.ended).toBe(143)
      return read(bus)
    },
  }
}

interface SensorOptions {
  readonly host?: 'server' | 'client'
  readonly words?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
}

interface Found {
  readonly times: number[]
  readonly links: Set<string>
  readonly statuses: SensorStatus[]
  readonly traffic: { udp: number; tcp: number; truncated: number }
}

const take: Readonly<Record<string, (found: Found, value: Uint8Array) => void>> = {
  'goldpan.handshakes.v1': ({ times, links }, value) => {
    const { batch } = expectOk(decodeHandshakes(value))
    times.push(...batch.timeMicros.subarray(0, batch.length))
    for (let row = 0; row < batch.length; row++) links.add(batch.links[batch.ingress[row]!]!)
  },
  'goldpan.traffic.v1': ({ traffic }, value) => {
    const { batch } = expectOk(decodeTraffic(value))
    for (let row = 0; row < batch.length; row++) {
      traffic.udp += batch.udpQueries[row]!
      traffic.tcp += batch.tcpQueries[row]!
      traffic.truncated += batch.truncatedAnswers[row]!
    }
  },
  'goldpan.sensors.v1': ({ statuses }, value) => {
    statuses.push(...expectOk(decodeSensorStatus(value)).statuses)
  },
}

function expectOk<T>(result: Result<T, { readonly reason: string } | string>): T {
  if (!result.ok) throw new Error(JSON.stringify(result.error))
  return result.value
}

/** All that stands in a folder of the bus. */
async function read(bus: string) {
  const receiver = expectOk(createFileBusReceiver({ folder: bus }))
  const traffic = { udp: 0, tcp: 0, truncated: 0 }
  const found: Found = { times: [], links: new Set(), statuses: [], traffic }
  for await (const { topic, value } of receiver.receive()) take[topic]!(found, value)
  return { ...found, last: found.statuses.at(-1)! }
}

/** A server of TCP connections on port 53 of the server host, for some seconds. */
const serve = (seconds: number) =>
  hosts.start('server', [
    ...['--input-type=module', '-e'],
    `import { createServer } from 'node:net'
     const server = createServer((socket) => socket.on('error', () => {}).resume())
     server.listen(53, '10.77.0.1', () => console.log('ready'))
     setTimeout(() => process.exit(), ${seconds * 1000})`,
  ])

/** Connections, one after the other, each with one query; returns how many were made. */
const connect = async (count: number, pauseMillis: number): Promise<number> =>
  Number(
    await hosts.run(
      'client',
      `import { connect } from 'node:net'
       import { setTimeout as delay } from 'node:timers/promises'
       const query = Buffer.from('000c0001000000010000000000000000'.slice(0, 28), 'hex')
       let made = 0
       for (let each = 0; each < ${count}; each++) {
         await new Promise((resolve) => {
           const socket = connect(53, '10.77.0.1', () => { made++; socket.end(query); resolve() })
           socket.on('error', resolve)
         })
         await delay(${pauseMillis})
       }
       console.log(made)`,
    ),
  )

const hexOf = (frame: Uint8Array): string => Buffer.from(frame).toString('hex')

/** Sends frames as they are, from the client's end of the wire. */
const inject = (frames: readonly Uint8Array[]): Promise<string> =>
  hosts.run(
    'client',
    `import { createRequire } from 'node:module'
     import { setTimeout as delay } from 'node:timers/promises'
     const binding = createRequire('${root}services/capture/src/main.ts')(
       'pcap/build/Release/pcap_binding.node')
     const session = new binding.PcapSession()
     session.open_live('eth0', '', 1 << 20, 128, '', () => {}, false, 40, () => {}, false)
     for (const frame of ${JSON.stringify(frames.map(hexOf))}) {
       session.inject(Buffer.from(frame, 'hex'))
       await delay(5)
     }
     process.exit()`,
  )

const addresses = { 4: ['198.51.100.7', '192.0.2.53'], 6: ['2001:db8::7', '2001:db8:1::53'] }
const bytesOf = (text: string): Uint8Array =>
  text.includes(':')
    ? Uint8Array.from(
        text.startsWith('2001:db8:1')
          ? [0x20, 1, 0xd, 0xb8, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x53]
          : [0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7],
      )
    : Uint8Array.from(text.split('.').map(Number))

/** A handshake, a query over UDP and a truncated answer, with these tags. */
function conversation(family: 4 | 6, vlans: readonly number[], port: number): Uint8Array[] {
  const [client, server] = addresses[family].map(bytesOf) as [Uint8Array, Uint8Array]
  const up = { source: client, destination: server, sourcePort: port, destinationPort: 53, vlans }
  const down = { source: server, destination: client, sourcePort: 53, destinationPort: port, vlans }
  const dns = (flags: number): Uint8Array =>
    Uint8Array.from([1, port & 255, flags, 0, 0, 1, 0, 0, 0, 0, 0, 0])
  return [
    buildTcpFrame({ ...up, control: control.syn, sequence: 1 }),
    buildTcpFrame({
      ...{ ...down, control: control.syn | control.ack },
      ...{ sequence: 9, acknowledgment: 2 },
    }),
    buildTcpFrame({ ...up, control: control.ack, sequence: 2, acknowledgment: 10 }),
    buildUdpFrame({ ...up, payload: dns(1) }),
    buildUdpFrame({ ...down, payload: dns(0x82) }),
  ]
}

describe.skipIf(reason)(`live capture${reason ? ` (skipped: ${reason})` : ''}`, () => {
  it('needs CAP_NET_RAW alone: neither process stays root, each handshake is seen', async () => {
    const sensor = await startSensor('plain')
    const { pid } = sensor.child
    const status = (process: number | string): string =>
      readFileSync(`/proc/${process}/status`, 'utf8')
    const [child] = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ')
    const rawSocket = '0000000000002000'
    expect(status(pid!)).toMatch(/^CapEff:\t0{16}$/m)
    expect(status(child!)).toMatch(new RegExp(`^CapEff:\\t${rawSocket}$`, 'm'))
    expect(status(child!)).toMatch(new RegExp(`^CapBnd:\\t${rawSocket}$`, 'm'))
    for (const each of [pid!, child!]) {
      expect(status(each)).not.toMatch(/^Uid:.*\t0\t/m)
      expect(status(each)).toMatch(/^Groups:\t\s*$/m)
    }
    const server = serve(20)
    await delay(500)
    const made = await connect(30, 2)
    await delay(500)
    const { times, last, traffic } = await sensor.stop()
    server.child.kill()
    expect(made).toBe(30)
    expect(times.length).toBe(30)
    expect(traffic.tcp).toBe(30)
    expect(last).toMatchObject({
      ...{ final: true, kernelDrops: 0, passiveOpens: 30, handshakes: 30 },
      ...{ timestampType: 'host', trafficMode: 'full', clockSteps: 0 },
    })
    expect(last.platform).toMatch(/^node [\d.]+, libpcap [\d.]+$/)
  })

  it.each(['server', 'client'] as const)(
    'sees untagged, VLAN and QinQ frames of both IP versions at the %s’s end',
    async (host) => {
      const sensor = await startSensor('vlan', { host })
      const kinds = [[], [7], [7, 9]].flatMap((vlans) =>
        [4, 6].map((family) => ({ vlans, family })),
      )
      const frames = kinds.flatMap(({ vlans, family }, index) =>
        conversation(family as 4 | 6, vlans, 40_000 + index),
      )
      await inject(frames)
      await delay(500)
      const { times, links, traffic, last } = await sensor.stop()
      expect(times.length).toBe(6)
      expect(traffic).toMatchObject({ udp: 6, truncated: 6 })
      expect([...links].map((link) => link.replace(/\/.*/, '')).sort()).toEqual(['-', '7'])
      expect(last.packets).toBe(frames.length)
    },
  )

  it('loses at most a second to a kill, doubles nothing, and says so', async () => {
    const truth = await startSensor('truth')
    const sensor = await startSensor('killed')
    const server = serve(30)
    await delay(500)
    const connecting = connect(400, 5)
    await delay(1500)
    const killedMicros = Date.now() * 1000
    sensor.child.kill('SIGKILL')
    await sensor.ended
    const again = await startSensor('killed')
    await connecting
    await delay(500)
    const { times, statuses } = await again.stop()
    const { times: all } = await truth.stop()
    server.child.kill()
    expect(new Set(times).size).toBe(times.length)
    const before = (each: readonly number[]): number =>
      each.filter((micros) => micros < killedMicros - 1e6).length
    expect(before(all)).toBeGreaterThan(10)
    expect(before(times)).toBe(before(all))
    expect(statuses.at(-1)!.counters).toMatchObject({ restarts_after_kill: 1 })
  })

  it('gives way to the name server: samples, then counts handshakes alone', async () => {
    const sensor = await startSensor('gives-way', { env: { GOLDPAN_CAPTURE_CPU_SHARE: '0.001' } })
    const server = serve(40)
    await delay(9000)
    const made = await connect(20, 2)
    await delay(500)
    const { times, last, traffic } = await sensor.stop()
    server.child.kill()
    expect(last).toMatchObject({ trafficMode: 'off', counters: { give_way_steps: 2 } })
    expect(times.length).toBe(made)
    expect(traffic).toMatchObject({ udp: 0, tcp: 0 })
    expect(await sensor.error).toMatch(/"filter":"done"/)
    expect(readdirSync(join(folder, 'state/spool')).length).toBe(1)
  }, 30_000)
})

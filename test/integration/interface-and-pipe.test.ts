import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { addressBytes, type HandshakeBatch, type TrafficBatch } from '@goldpan/core'
import { createFileBusReceiver } from '@goldpan/runtime'
import { decodeHandshakes, decodeSensorStatus, decodeTraffic } from '@goldpan/wire'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findFreePort, startNameServer } from './name-server.ts'
import { queryServer, queryWithId, whyNoServers } from './name-server-load.ts'
import { findTool } from './tools.ts'
import { untilCapturing } from './until-capturing.ts'

const file = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

function whyNot(): string | undefined {
  if (existsSync(file('../../node_modules/pcap/build/Release/pcap_binding.node'))) {
    return whyNoServers()
  }
  if (process.env.CI === 'true') throw new Error('CI must have built the pcap package')
  return 'the pcap package is not built'
}
const reason = whyNot()

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'goldpan-pipe-'))
  // The sensor becomes another user.
  chmodSync(folder, 0o755)
})
afterAll(() => rmSync(folder, { recursive: true }))

/** A sensor once it captures; `stop` gives what it sent. */
async function startSensor(name: string, port: number, words: readonly string[]) {
  const source = ['--service', 'ns1.example', '--site', 'lo', '--sensor', name]
  const bus = join(folder, name)
  const child = spawn(
    process.execPath,
    [
      ...[file('../../cli/src/main.ts'), 'capture', ...source, '--port', String(port)],
      ...['--clients', 'full', '--to', `file:${bus}`, ...words],
    ],
    {
      env: {
        ...process.env,
        STATE_DIRECTORY: join(folder, 'state'),
        GOLDPAN_HTTP_CAPTURE_LISTEN: 'off',
        // A busy machine is no reason to count less.
        GOLDPAN_CAPTURE_CPU_SHARE: '9',
      },
    },
  )
  await untilCapturing(child)
  return {
    input: child.stdin,
    async ended() {
      if (child.exitCode === null) await once(child, 'close')
      return read(bus)
    },
    end: () => child.kill('SIGTERM'),
  }
}

const stamps = ['timeMicros', 'rttMicros', 'acceptMicros'] as const

interface Row {
  /** All of it but what each of two sockets stamps for itself. */
  readonly text: string
  readonly micros: readonly number[]
}

/** The rows of a batch, every column in them. */
function rowsOf(batch: HandshakeBatch | TrafficBatch): Row[] {
  const links = 'links' in batch ? batch.links : []
  const columns = Object.entries(batch).filter(([, column]) => ArrayBuffer.isView(column))
  const textOf = ([name, column]: [string, Uint8Array], row: number): string => {
    if (/^(?:client|prefix|server)$/.test(name)) {
      return column.subarray(row * addressBytes, (row + 1) * addressBytes).join('.')
    }
    return name.endsWith('gress') ? links[column[row]!]! : String(column[row])
  }
  return Array.from({ length: batch.length }, (_, row) => ({
    text: columns
      .filter(([name]) => !stamps.includes(name as never))
      .map((column) => `${column[0]}=${textOf(column, row)}`)
      .join(' '),
    micros: stamps.flatMap((name) =>
      name in batch ? [(batch as HandshakeBatch)[name][row]!] : [],
    ),
  }))
}

/** All that a sensor sent: handshakes, traffic, its last heartbeat. */
async function read(bus: string) {
  const receiver = createFileBusReceiver({ folder: bus })
  if (!receiver.ok) throw new Error(receiver.error)
  const found = { handshakes: [] as Row[], traffic: [] as Row[], last: {} }
  for await (const { topic, value } of receiver.value.receive()) {
    if (topic === 'goldpan.sensors.v1') {
      const decoded = decodeSensorStatus(value)
      if (decoded.ok) found.last = decoded.value.statuses.at(-1) ?? found.last
      continue
    }
    const decoded = topic === 'goldpan.traffic.v1' ? decodeTraffic(value) : decodeHandshakes(value)
    if (!decoded.ok) throw new Error(decoded.error.reason)
    const rows = topic === 'goldpan.traffic.v1' ? found.traffic : found.handshakes
    rows.push(...rowsOf(decoded.value.batch))
  }
  const byText = (left: Row, right: Row): number => (left.text < right.text ? -1 : 1)
  found.handshakes.sort(byText)
  found.traffic.sort(byText)
  return found
}

const textsOf = (rows: readonly Row[]): string[] => rows.map(({ text }) => text)
/** Two sockets stamp a packet one after the other; an interrupt may come between. */
const stampMicrosApart = 5000

describe.skipIf(reason)(`an interface and a pipe${reason ? ` (skipped: ${reason})` : ''}`, () => {
  it('give equal rows of the same packets of a real server', async () => {
    const port = await findFreePort()
    const server = await startNameServer('nsd', folder, port)
    const live = await startSensor('interface', port, ['-i', 'lo'])
    const piped = await startSensor('pipe', port, ['-r', '-'])
    // As docs/how-to/run-a-sensor.md has it.
    const filter = ['-s', '128', '-B', '16384', '-w', '-', `port ${port}`]
    const tcpdump = spawn(findTool('tcpdump')!, ['-i', 'lo', '-U', ...filter])
    tcpdump.stdout.pipe(piped.input)
    await once(tcpdump.stderr, 'data')
    // Of answers that are whole an interface sees those whose id ends with a zero byte.
    await queryWithId(port, 0x0100)
    const connections = await queryServer(port, folder)
    // Its ring comes once a second.
    await delay(1200)
    tcpdump.kill('SIGINT')
    const ofPipe = await piped.ended()
    live.end()
    const ofInterface = await live.ended()
    await server.stop('SIGTERM')
    expect(ofInterface.handshakes.length).toBe(connections)
    expect(textsOf(ofPipe.handshakes)).toEqual(textsOf(ofInterface.handshakes))
    expect(textsOf(ofPipe.traffic)).toEqual(textsOf(ofInterface.traffic))
    const apart = ofPipe.handshakes.map(({ micros }, row) =>
      Math.max(
        ...micros.map((each, at) => Math.abs(each - ofInterface.handshakes[row]!.micros[at]!)),
      ),
    )
    apart.sort((left, right) => left - right)
    expect(apart[Math.floor(apart.length / 2)]).toBeLessThanOrEqual(5)
    expect(apart.at(-1)).toBeLessThan(stampMicrosApart)
    expect(ofInterface.traffic.length).toBeGreaterThan(1)
    expect(ofInterface.last).toMatchObject({ kernelDrops: 0, trafficMode: 'full' })
  }, 30_000)
})

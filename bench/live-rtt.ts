/**
 * A live sensor's RTTs beside the kernel's own of the same connections (TCP_INFO's min_rtt, as
 * `ss -ti` prints it), over veth in two network namespaces.
 *
 *   node bench/live-rtt.ts [CONNECTIONS] [DELAY_MILLIS]
 *
 * The delay needs the kernel's netem; without it the wire's own delay is measured. Needs root.
 */

import { execFileSync } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { createFileBusReceiver } from '@goldpan/runtime'
import { decodeHandshakes } from '@goldpan/wire'
import { makeTwoHosts, untilCapturing } from './network-namespaces.ts'

const connections = Number(process.argv[2] ?? 200)
const delayMillis = Number(process.argv[3] ?? 10)
const folder = mkdtempSync(join(tmpdir(), 'goldpan-live-rtt-'))
chmodSync(folder, 0o755) // the sensor becomes another user
const hosts = makeTwoHosts()
const main = fileURLToPath(new URL('../cli/src/main.ts', import.meta.url))
const bus = join(folder, 'bus')

/** Delays what the client sends, where the kernel can. */
function slowDown(): string {
  try {
    const words = ['-n', hosts.client, 'qdisc', 'add', 'dev', 'eth0', 'root', 'netem', 'delay']
    execFileSync('tc', [...words, `${delayMillis}ms`], { stdio: 'ignore' })
    return `${delayMillis} ms`
  } catch {
    return 'none (no netem in this kernel)'
  }
}

const server = `import { createServer } from 'node:net'
createServer((socket) => socket.on('error', () => {})).listen(53, '${hosts.serverAddress}')
process.stdin.on('end', () => process.exit()).resume()`
const client = `import { connect } from 'node:net'
for (let each = 0; each < ${connections}; each++) {
  await new Promise((resolve) => connect(53, '${hosts.serverAddress}', resolve))
  await new Promise((resolve) => setTimeout(resolve, 5))
}
console.log('open')
setInterval(() => {}, 1000)`

/** The server's view of each connection, by the client's port: microseconds. */
function kernelRtts(): Map<number, number> {
  const words = ['netns', 'exec', hosts.server, 'ss', '-tinH', 'sport', '=', ':53']
  const text = execFileSync('ip', words, { encoding: 'utf8' })
  const found = text.matchAll(/:(\d+)\s*\n[^\n]*?minrtt:([\d.]+)/g)
  return new Map([...found].map(([, port, millis]) => [Number(port), Number(millis) * 1000]))
}

async function sensorRtts(): Promise<Map<number, number>> {
  const receiver = createFileBusReceiver({ folder: bus })
  if (!receiver.ok) throw new Error(receiver.error)
  const rtts = new Map<number, number>()
  for await (const { topic, value } of receiver.value.receive()) {
    const decoded = topic === 'goldpan.handshakes.v1' ? decodeHandshakes(value) : undefined
    if (!decoded?.ok) continue
    const { batch } = decoded.value
    for (let row = 0; row < batch.length; row++) {
      rtts.set(batch.clientPort[row]!, batch.rttMicros[row]!)
    }
  }
  return rtts
}

const median = (values: readonly number[]): number =>
  values.toSorted((left, right) => left - right)[values.length >> 1] ?? Number.NaN

try {
  const slowness = slowDown()
  process.env.GOLDPAN_HTTP_CAPTURE_LISTEN = 'off'
  process.env.STATE_DIRECTORY = folder
  const words = ['--service', 'ns1.example', '--site', 'ams', '--clients', 'full']
  const sensor = hosts.run(hosts.server, process.execPath, [
    ...[main, 'capture', '-i', hosts.device, '--to', `file:${bus}`, ...words],
  ])
  const serving = hosts.run(hosts.server, process.execPath, ['--input-type=module', '-e', server])
  await untilCapturing(sensor)
  const connected = hosts.run(hosts.client, process.execPath, ['--input-type=module', '-e', client])
  await new Promise((resolve) => connected.stdout!.once('data', resolve))
  const kernel = kernelRtts()
  await delay(1000)
  sensor.kill('SIGTERM')
  await new Promise((resolve) => sensor.once('close', resolve))
  connected.kill()
  serving.stdin!.end()
  const ours = await sensorRtts()
  const ports = [...ours.keys()].filter((port) => kernel.has(port))
  const differences = ports.map((port) => ours.get(port)! - kernel.get(port)!)
  console.table({
    'delay of the wire': slowness,
    'connections seen by both': ports.length,
    'median RTT of the sensor, µs': median(ports.map((port) => ours.get(port)!)),
    'median RTT of the kernel, µs': median(ports.map((port) => kernel.get(port)!)),
    'median difference, µs': median(differences),
    'median of |difference|, µs': median(differences.map(Math.abs)),
  })
} finally {
  await delay(300)
  hosts.close()
  rmSync(folder, { recursive: true })
}

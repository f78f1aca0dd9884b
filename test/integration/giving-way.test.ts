import { once } from 'node:events'
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { SensorStatus } from '@goldpan/core'
import { createFileBusReceiver } from '@goldpan/runtime'
import { decodeSensorStatus } from '@goldpan/wire'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { TwoHosts, whyNoHosts } from './two-hosts.ts'
import { untilCapturing } from './until-capturing.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))

function whyNot(): string | undefined {
  if (existsSync(join(root, 'node_modules/pcap/build/Release/pcap_binding.node'))) {
    return whyNoHosts()
  }
  if (process.env.CI === 'true') throw new Error('CI must have built the pcap package')
  return 'the pcap package is not built'
}
const reason = whyNot()

let hosts: TwoHosts
let folder: string
beforeAll(() => {
  if (reason) return
  hosts = new TwoHosts('flood')
  folder = mkdtempSync(join(tmpdir(), 'goldpan-flood-'))
  // The sensor becomes another user.
  chmodSync(folder, 0o755)
})
afterAll(() => {
  if (reason) return
  hosts.close()
  rmSync(folder, { recursive: true })
})

/** Bytes that stand in a folder of the bus. */
const sizeOf = (bus: string): number =>
  readdirSync(bus, { recursive: true, encoding: 'utf8' }).reduce(
    (sum, name) => sum + statSync(join(bus, name)).size,
    0,
  )

async function readStatuses(bus: string): Promise<SensorStatus[]> {
  const receiver = createFileBusReceiver({ folder: bus })
  if (!receiver.ok) throw new Error(receiver.error)
  const statuses: SensorStatus[] = []
  for await (const { topic, value } of receiver.value.receive()) {
    const decoded = topic === 'goldpan.sensors.v1' ? decodeSensorStatus(value) : undefined
    if (decoded?.ok) statuses.push(...decoded.value.statuses)
  }
  return statuses
}

/** Longest time that a sensor sent nothing while a program runs, milliseconds. */
async function longestSilence(bus: string, program: Promise<unknown>): Promise<number> {
  let isRunning = true
  void program.then(() => {
    isRunning = false
  })
  let longest = 0
  let bytes = sizeOf(bus)
  let since = performance.now()
  while (isRunning) {
    await delay(20)
    longest = Math.max(longest, performance.now() - since)
    const now = sizeOf(bus)
    if (now > bytes) since = performance.now()
    bytes = now
  }
  return longest
}

describe.skipIf(reason)(`a sensor that gives way${reason ? ` (skipped: ${reason})` : ''}`, () => {
  it('has filters that the kernel takes, for every rate', async () => {
    const module = (name: string): string => join(root, 'services/capture/src', name)
    const opened = hosts.start('server', [
      ...['--input-type=module', '-e'],
      `import { createCaptureFilter } from '${module('capture-filter.ts')}'
       import { loadPcapBinding } from '${module('pcap-binding.ts')}'
       const { PcapSession } = loadPcapBinding()
       for (const ports of [[53], [53, 853, 5353]]) for (const rate of [0, 1, 2, 16, 1024]) {
         new PcapSession().open_live('eth0', createCaptureFilter({ ports, rate }),
           1 << 20, 128, '', () => {}, false, 40, () => {}, false)
       }
       process.exit()`,
    ])
    // Of one that is refused libpcap says so, and filters in the process.
    expect([await opened.ended, await opened.error]).toEqual([0, ''])
  })

  it('sends, says how it is every second, and changes its filter behind its packets', async () => {
    const bus = join(folder, 'bus')
    const words = ['--service', 'ns1.example', '--site', 'ams', '--sensor', 's1']
    const main = join(root, 'cli/src/main.ts')
    const sensor = hosts.start(
      'server',
      [main, 'capture', '-i', 'eth0', '--to', `file:${bus}`, ...words],
      {
        ...process.env,
        STATE_DIRECTORY: join(folder, 'state'),
        GOLDPAN_HTTP_CAPTURE_LISTEN: 'off',
        GOLDPAN_CAPTURE_HEARTBEAT: '1s',
        GOLDPAN_CAPTURE_CPU_SHARE: '0.05',
      },
    )
    await untilCapturing(sensor.child)
    const program = join(root, 'test/integration/packet-emitter.ts')
    const emitter = hosts.start('client', [program, 'eth0', '100000', '8'])
    const silence = await longestSilence(bus, once(emitter.child, 'close'))
    expect(await emitter.error).toBe('')
    sensor.child.kill('SIGTERM')
    expect(await sensor.ended, await sensor.error).toBe(143)
    const statuses = await readStatuses(bus)
    const seconds = statuses.map(({ timeMicros }) => timeMicros / 1e6)
    const gaps = seconds.slice(1).map((second, index) => second - seconds[index]!)
    // Far less than the flood lasts, far more than a busy machine takes.
    expect(Math.max(...gaps)).toBeLessThan(5)
    expect(silence).toBeLessThan(5000)
    const last = statuses.at(-1)!
    expect(last.trafficMode).not.toBe('full')
    expect(last.handshakes).toBeGreaterThan(10_000)
    expect(await sensor.error).toMatch(/"filter":"done"/)
  }, 30_000)
})

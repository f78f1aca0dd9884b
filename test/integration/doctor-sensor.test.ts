import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'

const file = (name: string): string => fileURLToPath(new URL(name, import.meta.url))
const main = file('../../cli/src/main.ts')
const folder = mkdtempSync(join(tmpdir(), 'goldpan-doctor-sensor-'))
// The sensor is no longer root when it enters.
chmodSync(folder, 0o755)

/** Names of our own: others may work on this machine. */
const server = `goldpan-s${process.pid}`
const client = `goldpan-c${process.pid}`
const plain = '10.77.1.1'
const cleanEnv = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !name.startsWith('GOLDPAN_')),
)

const ip = (...words: string[]) => spawnSync('ip', words, { encoding: 'utf8' })
const inside = (space: string, ...words: string[]): string[] => ['netns', 'exec', space, ...words]

/** Two name spaces with one wire between them. */
function connectSpaces(): boolean {
  const steps = [
    ['netns', 'add', server],
    ['netns', 'add', client],
    [...['-n', server, 'link', 'add', 'wire', 'type', 'veth'], 'peer', 'wire', 'netns', client],
    ...[server, client].flatMap((space, index) => [
      ['-n', space, 'link', 'set', 'lo', 'up'],
      ['-n', space, 'link', 'set', 'wire', 'up'],
      ['-n', space, 'addr', 'add', `10.77.1.${index + 1}/24`, 'dev', 'wire'],
    ]),
  ]
  return steps.every((step) => ip(...step).status === 0)
}

function removeSpaces(): void {
  ip('netns', 'del', server)
  ip('netns', 'del', client)
}

const missing = (() => {
  if (process.getuid?.() !== 0) return 'needs root to make network namespaces'
  if (spawnSync('tcpdump', ['--version']).status !== 0) return 'needs tcpdump'
  const binding = file('../../node_modules/pcap/build/Release/pcap_binding.node')
  if (!existsSync(binding)) return 'needs the pcap package built'
  const made = connectSpaces()
  if (!made) removeSpaces()
  return made ? undefined : 'needs network namespaces'
})()

const running: ChildProcess[] = []
const startMillisMax = 20_000
let startCount = 0

/** Starts a program in a name space and waits until it says that it works. */
async function start(space: string, words: readonly string[]): Promise<ChildProcess> {
  const child = spawn('ip', inside(space, ...words), {
    // A sensor that the last test killed is not this one's earlier run.
    env: { ...cleanEnv, STATE_DIRECTORY: join(folder, `state${startCount++}`) },
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  running.push(child)
  let said = ''
  for (const output of [child.stdout!, child.stderr!]) output.on('data', (chunk) => (said += chunk))
  for (let waited = 0; !/capturing|(?:serv|connect|mirror)ing$/m.test(said); waited += 20) {
    if (child.exitCode !== null || waited > startMillisMax) throw new Error(`${words} said ${said}`)
    await delay(20)
  }
  return child
}

const traffic = (space: string, ...words: string[]) =>
  start(space, [process.execPath, file('./tcp-traffic.ts'), ...words])

/** The options of a sensor that needs no broker. */
const sensor = (name: string): string[] => [
  ...[process.execPath, main, 'capture', '--service', 'ns1.example', '--site', 'ams'],
  ...['--to', `file:${join(folder, name)}`],
]

/** A sensor fed by tcpdump with a filter of somebody's own. */
const startFed = (name: string, filter: string) => {
  const dump = `tcpdump -i wire -U -s 128 -w - '${filter}' 2>/dev/null`
  return start(server, ['sh', '-c', `${dump} | exec ${sensor(name).join(' ')} -r -`])
}

function doctor(...words: string[]) {
  const all = [process.execPath, main, 'doctor', '--seconds', '1', '--format', 'json']
  const options = { env: cleanEnv, cwd: folder, encoding: 'utf8' } as const
  const url = ['--capture-url', 'http://127.0.0.1:9601']
  const { stdout, status, stderr } = spawnSync(
    'ip',
    inside(server, ...all, ...url, ...words),
    options,
  )
  if (stdout === '') throw new Error(stderr)
  const { stops_at, stages } = JSON.parse(stdout)
  return { code: status, stopsAt: stops_at, text: JSON.stringify(stages) }
}

const onWire = ['--interface', 'wire']

describe.skipIf(missing && !process.env.CI)(
  `the doctor on a sensor’s host ${missing ?? ''}`,
  () => {
    let serving: ChildProcess
    beforeAll(async () => {
      serving = await traffic(server, 'serve', '53')
      running.pop()
    })
    afterEach(async () => {
      for (const child of running.splice(0)) {
        const closed = once(child, 'close')
        // The whole group: tcpdump and the sensor behind it too.
        process.kill(-child.pid!, 'SIGKILL')
        await closed
      }
    })
    afterAll(() => {
      process.kill(-serving.pid!, 'SIGKILL')
      removeSpaces()
      rmSync(folder, { recursive: true })
    })

    it('names the sensor when none runs', () => {
      expect(doctor(...onWire)).toMatchObject({ code: 1, stopsAt: 'sensor' })
    })

    it('lets pass what a sensor sees whole, tagged or not', async () => {
      await start(server, [...sensor('whole'), '-i', 'wire'])
      await traffic(client, 'connect', plain, '53', '40')
      await traffic(client, 'mirror', 'wire', '40', '7')
      const { code, stopsAt, text } = doctor(...onWire)
      expect({ code, stopsAt, text }).toMatchObject({ code: 0, stopsAt: null })
      expect(text).toMatch(/the sensor saw \d\d+ handshakes in 1 s/)
    })

    it('names the packets when none come', async () => {
      await start(server, [...sensor('none'), '-i', 'wire'])
      const { code, stopsAt } = doctor(...onWire)
      expect({ code, stopsAt }).toEqual({ code: 1, stopsAt: 'packets' })
    })

    it('names the filter when it misses VLANs', async () => {
      await startFed('vlans', 'tcp port 53 and not vlan')
      await traffic(client, 'mirror', 'wire', '40', '7')
      const { code, stopsAt, text } = doctor(...onWire)
      expect({ code, stopsAt }).toEqual({ code: 1, stopsAt: 'filter' })
      expect(text).toMatch(/its filter misses VLANs/)
    })

    it('names the filter when it looks for one tag and the frames have two', async () => {
      await startFed('two-tags', 'tcp port 53 or (vlan and tcp port 53)')
      await traffic(client, 'mirror', 'wire', '40', '100', '7')
      const { stopsAt, text } = doctor(...onWire)
      expect({ stopsAt, text }).toMatchObject({ stopsAt: 'filter' })
    })

    it('names the filter when it is for another port', async () => {
      await startFed('port', 'tcp port 853')
      await traffic(client, 'connect', plain, '53', '40')
      const { stopsAt, text } = doctor(...onWire)
      expect(stopsAt).toBe('filter')
      expect(text).toMatch(/the sensor had no packet/)
    })

    it('names the handshakes when only one direction is seen', async () => {
      await startFed('inbound', 'tcp dst port 53')
      await traffic(client, 'connect', plain, '53', '40')
      const { stopsAt, text } = doctor(...onWire)
      expect(stopsAt).toBe('handshakes')
      expect(text).toMatch(/inbound only: \d+ SYNs and no SYN-ACK/)
    })

    it('names the handshakes when fewer are seen than the kernel accepted', async () => {
      await start(server, [...sensor('half'), '-i', 'wire'])
      await traffic(client, 'connect', plain, '53', '40')
      await traffic(server, 'connect', '127.0.0.1', '53', '40')
      const { code, stopsAt, text } = doctor(...onWire)
      expect({ code, stopsAt }).toEqual({ code: 1, stopsAt: 'handshakes' })
      expect(text).toMatch(/of \d+ connections that the kernel accepted in 1 s \([45]\d %\)/)
    })
  },
)

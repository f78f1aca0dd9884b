import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { stage } from '../../scripts/stage/stage-tree.ts'
import { missingTools } from '../integration/tools.ts'
import { TwoHosts, whyNoHosts } from '../integration/two-hosts.ts'
import { untilCapturing } from '../integration/until-capturing.ts'
import { root } from './compose-file.ts'
import { allowedSystemCalls } from './system-call-filter.ts'
import { countHandshakes, shakeHands } from './wire-handshakes.ts'

const isBuilt = existsSync(join(root, 'node_modules/pcap/build/Release/pcap_binding.node'))
const missing = isBuilt
  ? (missingTools(['systemd-analyze', 'setpriv', 'python3']) ?? whyNoHosts())
  : 'the pcap package is not built'

const nobody = 65_534
const connections = 7
const folder = mkdtempSync(join(tmpdir(), 'goldpan-confined-'))
const home = join(folder, 'goldpan')
let hosts: TwoHosts

beforeAll(() => {
  if (missing) return
  chmodSync(folder, 0o755)
  const staged = stage('sensor', home)
  if (!staged.ok) throw new Error(staged.error)
  mkdirSync(join(home, 'bin'))
  copyFileSync(process.execPath, join(home, 'bin/node'))
  chmodSync(join(home, 'bin/node'), 0o755)
  mkdirSync(join(folder, 'state'))
  chownSync(join(folder, 'state'), nobody, nobody)
  const unit = readFileSync(join(root, 'packaging/systemd/goldpan-capture@.service'), 'utf8')
  writeFileSync(join(folder, 'allowed'), allowedSystemCalls(unit).join('\n'))
  copyFileSync(join(root, 'test/packaging/confine.py'), join(folder, 'confine.py'))
  hosts = new TwoHosts('confined')
}, 60_000)
afterAll(() => {
  hosts?.close()
  rmSync(folder, { recursive: true })
})

/** What the unit puts on: its user, its one capability for good, its filter. */
const confinement = [
  ...['--reuid', String(nobody), '--regid', String(nobody), '--clear-groups'],
  ...['--inh-caps', '-all,+net_raw', '--ambient-caps', '-all,+net_raw'],
  ...['--bounding-set', '-all,+net_raw', '--no-new-privs'],
  ...['/usr/bin/python3', join(folder, 'confine.py'), join(folder, 'allowed')],
]

const environment = {
  PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
  STATE_DIRECTORY: join(folder, 'state'),
  GOLDPAN_HTTP_CAPTURE_LISTEN: 'off',
}

describe.skipIf(missing)('the unit’s user, capability and system-call filter', () => {
  it('let the sensor capture on an interface', { timeout: 60_000 }, async () => {
    const bus = join(folder, 'state/bus')
    const capture = ['capture', '-i', 'eth0', '--to', `file:${bus}`]
    const names = ['--service', 'ns1.example', '--site', 'ams', '--sensor', 's1']
    const sensor = hosts.start(
      'server',
      [...confinement, join(home, 'bin/node'), join(home, 'cli/src/main.ts'), ...capture, ...names],
      environment,
      'setpriv',
    )
    const said = await untilCapturing(sensor.child)
    await shakeHands(hosts, connections)
    sensor.child.kill('SIGTERM')
    expect(await sensor.ended, said()).toBe(143)
    expect(await countHandshakes(bus)).toBe(connections)
  })

  it('refuse it what it has no business with', async () => {
    const attempt = `
      const { setPriority } = await import('node:os')
      const refused = []
      try { process.setuid(0) } catch (error) { refused.push(error.code) }
      // Anybody may be nicer than before; the filter alone forbids it.
      try { setPriority(19) } catch (error) { refused.push(error.info.code) }
      process.stdout.write(refused.join())`
    const tried = hosts.start(
      'server',
      [...confinement, join(home, 'bin/node'), '--input-type=module', '-e', attempt],
      environment,
      'setpriv',
    )
    expect(await tried.ended).toBe(0)
    expect(await tried.output).toBe('EPERM,EPERM')
  })
})

import { spawnSync } from 'node:child_process'
import {
  copyFileSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findTool, missingTools } from '../integration/tools.ts'
import { TwoHosts, whyNoHosts } from '../integration/two-hosts.ts'
import { untilCapturing } from '../integration/until-capturing.ts'
import { root } from './compose-file.ts'
import { countHandshakes, shakeHands } from './wire-handshakes.ts'

const binding = join(root, 'node_modules/pcap/build/Release/pcap_binding.node')
const isBuilt = existsSync(binding)
if (!isBuilt && process.env.CI === 'true') throw new Error('pcap is not built: CI must build it')
const missing = isBuilt ? missingTools(['tar', 'dpkg-deb', 'ldd']) : 'pcap is not built'

const folder = mkdtempSync(join(tmpdir(), 'goldpan-packages-'))
const installed = join(folder, 'installed')
const home = join(installed, 'usr/lib/goldpan')
const files: string[] = []

beforeAll(() => {
  if (missing) return
  const script = join(root, 'scripts/package.ts')
  for (const name of ['sensor', 'line']) {
    const packed = spawnSync(process.execPath, [script, name, folder], { encoding: 'utf8' })
    if (packed.status !== 0) throw new Error(packed.stderr)
  }
  files.push(...readdirSync(folder))
  spawnSync('mkdir', [installed])
  const tarball = fileOf('sensor', '.tar.gz')
  spawnSync('tar', ['-C', installed, '-xzf', tarball])
}, 180_000)
afterAll(() => rmSync(folder, { recursive: true }))

const fileOf = (name: string, end: string): string =>
  join(folder, files.find((file) => file.startsWith(`goldpan-${name}_`) && file.endsWith(end))!)

/** Runs the installed command with an empty environment, and without any network where possible. */
function goldpan(...words: string[]) {
  const command = [join(installed, 'usr/bin/goldpan'), ...words]
  const [program, ...rest] =
    process.getuid?.() === 0 ? [findTool('unshare')!, '--net', '--', ...command] : command
  return spawnSync(program!, rest, {
    encoding: 'utf8',
    cwd: folder,
    env: { PATH: '/usr/bin:/bin', GOLDPAN_HOME: home },
  })
}

describe.skipIf(missing)('the packages, of them that of the sensor', () => {
  it('is one tarball, one .deb and the list of what they hold', () => {
    expect(files.map((file) => file.replace(/_[\d.]+_\w+/, '')).sort()).toEqual([
      ...['goldpan-line.cdx.json', 'goldpan-line.deb', 'goldpan-line.tar.gz'],
      ...['goldpan-sensor.cdx.json', 'goldpan-sensor.deb', 'goldpan-sensor.tar.gz'],
    ])
  })

  it('is not packed for another processor than its native part is built for', () => {
    const other = process.arch === 'x64' ? 'arm64' : 'x64'
    const script = join(root, 'scripts/package.ts')
    const out = join(folder, 'other')
    const words = [script, 'sensor', out, other]
    const { status, stderr } = spawnSync(process.execPath, words, { encoding: 'utf8' })
    expect(status).toBe(1)
    expect(stderr).toContain(
      `is built for ${process.arch}, not for ${other}: pack the sensor on a Debian host of `,
    )
    expect(readdirSync(out)).toEqual([])
    rmSync(out, { recursive: true })
  })

  it('runs with nothing but itself', () => {
    expect(goldpan('version').stdout).toMatch(/^goldpan \d/)
    const capture = join(root, 'test/captures/plain.pcap')
    const { stdout, status } = goldpan('handshakes', capture)
    expect(status).toBe(0)
    expect(stdout).toBe(readFileSync(join(root, 'test/captures/plain.csv'), 'utf8'))
  })

  it('loads its native part with the libraries that it brought', () => {
    const lost = spawnSync(
      'ldd',
      [join(home, 'node_modules/pcap/build/Release/pcap_binding.node')],
      {
        encoding: 'utf8',
        env: { PATH: '/usr/bin:/bin', LD_LIBRARY_PATH: join(home, 'native') },
      },
    )
    expect(lost.stdout).not.toContain('not found')
    expect(lost.stdout).toContain(`${home}/native/libpcap.so`)
    const words = ['-e', "process.stdout.write(require('pcap').lib_version)"]
    const { stdout } = spawnSync(join(home, 'bin/node'), words, {
      encoding: 'utf8',
      cwd: home,
      env: { LD_LIBRARY_PATH: join(home, 'native') },
    })
    expect(stdout).toMatch(/^libpcap version \d/)
  })

  it('holds no compiler, no engine, no tests and no sources of native parts', () => {
    const held = globSync('**/*', { cwd: installed })
    expect(held.length).toBeGreaterThan(100)
    const forbidden =
      /(?:^|\/)(?:gcc|g\+\+|cc1|chdb|libchdb|node-gyp|typescript)|\.(?:cc|h|test\.ts)$/
    expect(held.filter((path) => forbidden.test(path))).toEqual([])
  })

  it('lists in CycloneDX every package that it holds, Node and the libraries', () => {
    const bill = JSON.parse(readFileSync(join(home, 'sbom.cdx.json'), 'utf8'))
    expect(bill).toMatchObject({ bomFormat: 'CycloneDX' })
    const listed = new Set(bill.components.map(({ name }: { name: string }) => name))
    const held = globSync(['node_modules/*/package.json', 'node_modules/@*/*/package.json'], {
      cwd: home,
    }).map((path) => path.slice('node_modules/'.length, -'/package.json'.length))
    expect(held.length).toBeGreaterThan(15)
    expect(held.filter((name) => !listed.has(name))).toEqual([])
    expect([...listed]).toEqual(expect.arrayContaining(['node', 'libpcap0.8']))
  })

  it('is a .deb with the same files, that asks for the C library alone', () => {
    const deb = fileOf('sensor', '.deb')
    const list = spawnSync('dpkg-deb', ['--contents', deb], {
      encoding: 'utf8',
      maxBuffer: 2 ** 26,
    })
    for (const path of ['usr/bin/goldpan', 'usr/lib/systemd/system/goldpan-capture@.service']) {
      expect(list.stdout).toContain(` ./${path}\n`)
    }
    expect(list.stdout).not.toMatch(/^\S+ (?!root\/root)/m)
    const depends = spawnSync('dpkg-deb', ['--field', deb, 'Depends'], { encoding: 'utf8' })
    expect(depends.stdout).toMatch(/^libc6 \(>= [\d.]+\), libstdc\+\+6\n$/)
  })
})

/** A Debian of its own over this one: what is written there stays there. */
class Overlay {
  readonly root = join(folder, 'overlay/root')

  constructor() {
    const base = join(folder, 'overlay')
    mkdirSync(base)
    run('mount', '-t', 'tmpfs', 'tmpfs', base)
    for (const part of ['root', 'upper', 'work']) mkdirSync(join(base, part))
    const layers = `lowerdir=/,upperdir=${base}/upper,workdir=${base}/work`
    run('mount', '-t', 'overlay', 'overlay', '-o', layers, this.root)
    // Nothing of this host is bound into it: what is deleted there is deleted nowhere else.
    run('mount', '-t', 'proc', 'proc', join(this.root, 'proc'))
    run('mount', '-t', 'tmpfs', 'tmpfs', join(this.root, 'dev'))
    const devices = { null: '3', zero: '5', random: '8', urandom: '9' }
    for (const [name, minor] of Object.entries(devices)) {
      run('mknod', '-m', '666', join(this.root, 'dev', name), 'c', '1', minor)
    }
    // What no site has.
    const builders = ['gcc', 'g++', 'cc', 'c++', 'make', 'python3', 'node', 'npm']
    for (const name of builders) rmSync(join(this.root, 'usr/bin', name), { force: true })
  }

  /** Runs a command in it, without any network. */
  run(...words: readonly string[]) {
    const command = ['--net', '--', findTool('chroot')!, this.root, ...words]
    const env = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', DEBIAN_FRONTEND: 'noninteractive' }
    return spawnSync(findTool('unshare')!, command, { encoding: 'utf8', env })
  }

  copyIn(file: string): string {
    const name = basename(file)
    copyFileSync(file, join(this.root, name))
    return `/${name}`
  }

  close(): void {
    run('umount', '--recursive', '--lazy', join(folder, 'overlay'))
  }
}

function run(command: string, ...words: readonly string[]): void {
  const { status, stderr } = spawnSync(findTool(command)!, words, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`${command} ${words.join(' ')}: ${stderr}`)
}

const unconfined =
  missing ?? missingTools(['mount', 'mknod', 'chroot', 'setpriv', 'unshare']) ?? whyNoHosts()

describe.skipIf(unconfined)('installed by dpkg, without network or compiler', () => {
  let host: Overlay
  beforeAll(() => {
    host = new Overlay()
  })
  afterAll(() => host?.close())

  it('the line is there with its units and settings, and is taken away again', () => {
    const { status, stderr } = host.run('dpkg', '-i', host.copyIn(fileOf('line', '.deb')))
    expect(status, stderr).toBe(0)
    expect(host.run('goldpan', 'version').stdout).toMatch(/^goldpan \d/)
    const checked = host.run('goldpan', 'check')
    expect(checked.stdout, checked.stderr).toMatch(/^\/etc\/goldpan\/goldpan\.yaml: right/)
    for (const unit of ['estimate', 'watch']) {
      expect(existsSync(join(host.root, `usr/lib/systemd/system/goldpan-${unit}.service`))).toBe(
        true,
      )
      const settings = readFileSync(join(host.root, `etc/default/goldpan-${unit}`), 'utf8')
      expect(settings).toMatch(/^GOLDPAN_WAREHOUSE_URL=http/)
    }
    // It asks for a password that nobody gave it yet, in one sentence.
    const password = 'GOLDPAN_WAREHOUSE_PASSWORD_FILE=/etc/goldpan/watch_password'
    const url = 'GOLDPAN_WAREHOUSE_URL=http://goldpan_watch@127.0.0.1:1/goldpan'
    const watch = host.run('env', password, url, 'goldpan', 'watch', '--until-caught-up')
    expect([watch.status, watch.stderr.trim().split('\n').length]).toEqual([1, 1])
    expect(watch.stderr).toMatch(/watch_password/)
    expect(host.run('dpkg', '--purge', 'goldpan-line').status).toBe(0)
    expect(existsSync(join(host.root, 'usr/lib/goldpan'))).toBe(false)
    expect(existsSync(join(host.root, 'etc/default/goldpan-watch'))).toBe(false)
  })

  it('the sensor captures as its unit starts it', { timeout: 60_000 }, async () => {
    const { status, stderr } = host.run('dpkg', '-i', host.copyIn(fileOf('sensor', '.deb')))
    expect(status, stderr).toBe(0)
    const user = host.run('id', '-u', 'goldpan').stdout.trim()
    expect(user).toMatch(/^\d+$/)
    expect(statSync(join(host.root, 'etc/goldpan')).mode & 0o777).toBe(0o750)
    const wire = new TwoHosts('installed')
    try {
      const { said, code, handshakes } = await captureThere(host.root, wire, user)
      expect(code, said).toBe(143)
      expect(handshakes, said).toBe(connections)
    } finally {
      wire.close()
    }
  })
})

/** Runs /usr/bin/goldpan capture of the installation on one end of a wire, and talks to it. */
async function captureThere(rootFolder: string, wire: TwoHosts, user: string) {
  const bus = '/var/lib/goldpan/eth0/bus'
  mkdirSync(join(rootFolder, 'var/lib/goldpan/eth0'), { recursive: true })
  run('chown', '-R', user, join(rootFolder, 'var/lib/goldpan'))
  const drop = ['--reuid', user, '--regid', user, '--init-groups', '--no-new-privs']
  const rights = ['--inh-caps', '-all,+net_raw', '--ambient-caps', '-all,+net_raw']
  const only = ['--bounding-set', '-all,+net_raw']
  const words = ['capture', '-i', 'eth0', '--to', `file:${bus}`]
  const sensor = wire.start(
    'server',
    [rootFolder, '/usr/bin/setpriv', ...drop, ...rights, ...only, '/usr/bin/goldpan', ...words],
    {
      PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
      GOLDPAN_CAPTURE_SPOOL_FOLDER: '/var/lib/goldpan/eth0/spool',
      GOLDPAN_HTTP_CAPTURE_LISTEN: 'off',
    },
    findTool('chroot')!,
  )
  const said = await untilCapturing(sensor.child)
  await shakeHands(wire, connections)
  sensor.child.kill('SIGTERM')
  const code = await sensor.ended
  return { said: said(), code, handshakes: await countHandshakes(join(rootFolder, bus)) }
}

const connections = 7

import { spawnSync } from 'node:child_process'
import { existsSync, globSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findTool, missingTools } from '../integration/tools.ts'
import { root } from './compose-file.ts'

const binding = join(root, 'node_modules/pcap/build/Release/pcap_binding.node')
const isBuilt = existsSync(binding)
if (!isBuilt && process.env.CI === 'true') throw new Error('pcap is not built: CI must build it')
const missing = isBuilt ? missingTools(['tar', 'dpkg-deb', 'ldd']) : 'pcap is not built'

const folder = mkdtempSync(join(tmpdir(), 'goldpan-sensor-package-'))
const installed = join(folder, 'installed')
const home = join(installed, 'usr/lib/goldpan')
const files: string[] = []

beforeAll(() => {
  if (missing) return
  const script = join(root, 'scripts/package-sensor.ts')
  const packed = spawnSync(process.execPath, [script, folder], { encoding: 'utf8' })
  if (packed.status !== 0) throw new Error(packed.stderr)
  files.push(...readdirSync(folder))
  spawnSync('mkdir', [installed])
  const tarball = files.find((file) => file.endsWith('.tar.gz'))!
  spawnSync('tar', ['-C', installed, '-xzf', join(folder, tarball)])
}, 180_000)
afterAll(() => rmSync(folder, { recursive: true }))

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

describe.skipIf(missing)('the package of the sensor', () => {
  it('is one tarball, one .deb and the list of what they hold', () => {
    expect(files.map((file) => file.replace(/^goldpan-sensor_[\d.]+_\w+/, '')).sort()).toEqual([
      '.cdx.json',
      '.deb',
      '.tar.gz',
    ])
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
    const deb = join(folder, files.find((file) => file.endsWith('.deb'))!)
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

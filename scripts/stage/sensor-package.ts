import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { billOfMaterials } from './bill-of-materials.ts'
import { copyNativeLibraries } from './native-libraries.ts'
import { pcapBinding, root, stage } from './stage-tree.ts'

export interface PackedFile {
  readonly file: string
  readonly bytes: number
}

type Packed =
  | { readonly ok: true; readonly value: readonly PackedFile[] }
  | { readonly ok: false; readonly error: string }

const architectures: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' }

/** Packs the sensor; the same checkout on the same host gives the same files. */
export function packSensor(out: string): Packed {
  const architecture = architectures[process.arch]
  if (!architecture) return { ok: false, error: `there is no package for ${process.arch}` }
  const work = mkdtempSync(join(tmpdir(), 'goldpan-package-'))
  try {
    const tree = join(work, 'tree')
    const home = join(tree, 'usr/lib/goldpan')
    const staged = stage('sensor', home)
    if (!staged.ok) return staged
    addNode(home)
    const libraries = copyNativeLibraries(join(home, pcapBinding), home)
    const bill = billOfMaterials(new Set(staged.value), libraries)
    writeFileSync(join(home, 'sbom.cdx.json'), bill)
    addHostFiles(tree)
    const version = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version as string
    const base = `goldpan-sensor_${version}_${architecture}`
    const files = [`${base}.tar.gz`, `${base}.deb`, `${base}.cdx.json`].map((file) =>
      join(out, file),
    )
    packTar(tree, files[0]!)
    addControl(tree, version, architecture)
    // xz would save a third of the size and take twenty times as long.
    run('dpkg-deb', ['--root-owner-group', '-Zgzip', '--build', tree, files[1]!])
    writeFileSync(files[2]!, bill)
    return { ok: true, value: files.map((file) => ({ file, bytes: statSync(file).size })) }
  } finally {
    rmSync(work, { recursive: true })
  }
}

function addNode(home: string): void {
  mkdirSync(join(home, 'bin'), { recursive: true })
  copyFileSync(process.execPath, join(home, 'bin/node'))
  chmodSync(join(home, 'bin/node'), 0o755)
}

/** The command, the unit, the user and the settings of the host. */
function addHostFiles(tree: string): void {
  const copy = (from: string, to: string, mode = 0o644): void => {
    const target = join(tree, to)
    mkdirSync(join(target, '..'), { recursive: true })
    cpSync(join(root, from), target)
    chmodSync(target, mode)
  }
  copy('packaging/goldpan', 'usr/bin/goldpan', 0o755)
  copy(
    'packaging/systemd/goldpan-capture@.service',
    'usr/lib/systemd/system/goldpan-capture@.service',
  )
  copy('packaging/debian/sysusers.conf', 'usr/lib/sysusers.d/goldpan.conf')
  copy('packaging/debian/goldpan.yaml', 'etc/goldpan/goldpan.yaml')
  copy('docs/how-to/install-a-sensor.md', 'usr/share/doc/goldpan-sensor/install-a-sensor.md')
  copy('LICENSE', 'usr/share/doc/goldpan-sensor/copyright')
}

/** Names in order, no owner, one time: two runs make the same bytes. */
function packTar(tree: string, file: string): void {
  run('tar', [
    ...['--sort=name', '--owner=0', '--group=0', '--numeric-owner', '--mtime=@0'],
    ...['-C', tree, '-czf', file, 'usr', 'etc'],
  ])
}

function addControl(tree: string, version: string, architecture: string): void {
  const folder = join(tree, 'DEBIAN')
  mkdirSync(folder)
  for (const script of ['postinst', 'prerm', 'postrm']) {
    copyFileSync(join(root, 'packaging/debian', script), join(folder, script))
    chmodSync(join(folder, script), 0o755)
  }
  writeFileSync(join(folder, 'conffiles'), '/etc/goldpan/goldpan.yaml\n')
  const { stdout } = spawnSync('du', ['-sk', join(tree, 'usr')], { encoding: 'utf8' })
  const fields = {
    Package: 'goldpan-sensor',
    Version: version,
    Architecture: architecture,
    Maintainer: 'Goldpan maintainers <maintainers@goldpan.example>',
    'Installed-Size': Number.parseInt(stdout, 10),
    Depends: `libc6 (>= ${glibcVersion()}), libstdc++6`,
    Section: 'net',
    Priority: 'optional',
    Description:
      'sensor of Goldpan, passive DNS-over-TCP latency monitoring\n' +
      ' Reads the round-trip times of resolvers out of the TCP handshakes that a name\n' +
      ' server sees and sends them to Apache Kafka. Holds its own Node and libraries.',
  }
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}`)
  writeFileSync(join(folder, 'control'), `${lines.join('\n')}\n`)
}

/** The C library of this host: that of the libraries, older ones do not load them. */
function glibcVersion(): string {
  const { header } = process.report.getReport() as unknown as {
    header: { glibcVersionRuntime: string }
  }
  return header.glibcVersionRuntime
}

function run(command: string, words: readonly string[]): void {
  const { status, stderr, error } = spawnSync(command, words, {
    encoding: 'utf8',
    env: { ...process.env, SOURCE_DATE_EPOCH: '0' },
  })
  if (status !== 0) throw new Error(`${command} failed: ${error?.message ?? stderr}`)
}

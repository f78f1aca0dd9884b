import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { billOfMaterials } from './bill-of-materials.ts'
import { bringNode, type Processor, processorOf } from './bring-node.ts'
import { copyNativeLibraries } from './native-libraries.ts'
import { pcapBinding, root, type StageName, stage } from './stage-tree.ts'

export interface PackedFile {
  readonly file: string
  readonly bytes: number
}

type Packed =
  | { readonly ok: true; readonly value: readonly PackedFile[] }
  | { readonly ok: false; readonly error: string }

/** As Debian names them. */
const architectures: Readonly<Record<Processor, string>> = { x64: 'amd64', arm64: 'arm64' }

/** What a package puts on its host, beside the tree: files with where they go. */
interface HostFiles {
  readonly about: string
  /** Settings that an upgrade leaves as the operator made them. */
  readonly settings: readonly (readonly [from: string, to: string])[]
  readonly units: readonly string[]
  readonly page: string
}

const hostFiles: Readonly<Record<StageName, HostFiles>> = {
  sensor: {
    about:
      'sensor of Goldpan, passive DNS-over-TCP latency monitoring\n' +
      ' Reads the round-trip times of resolvers out of the TCP handshakes that a name\n' +
      ' server sees and sends them to Apache Kafka. Holds its own Node and libraries.',
    settings: [['sensor.yaml', 'etc/goldpan/goldpan.yaml']],
    units: ['goldpan-capture@.service'],
    page: 'install-a-sensor.md',
  },
  line: {
    about:
      'centre of Goldpan, passive DNS-over-TCP latency monitoring\n' +
      ' Estimator and analyzer: from Apache Kafka into a ClickHouse server, and the\n' +
      ' findings about what the sensors measured. Holds its own Node.',
    settings: [
      ['line.yaml', 'etc/goldpan/goldpan.yaml'],
      ['estimate.default', 'etc/default/goldpan-estimate'],
      ['watch.default', 'etc/default/goldpan-watch'],
    ],
    units: ['goldpan-estimate.service', 'goldpan-watch.service'],
    page: 'operate.md',
  },
}

/** Packs one kind of installation; the same checkout on the same host gives the same files. */
export function pack(name: StageName, out: string, processor: Processor): Packed {
  const architecture = architectures[processor]
  const work = mkdtempSync(join(tmpdir(), 'goldpan-package-'))
  try {
    const tree = join(work, 'tree')
    const home = join(tree, 'usr/lib/goldpan')
    const staged = stage(name, home)
    if (!staged.ok) return staged
    const strange = strangeBinding(home, processor)
    if (strange !== undefined && name === 'sensor') return { ok: false, error: strange }
    // The line reads packets from pipes alone, and does without.
    if (strange !== undefined) rmSync(dirname(join(home, pcapBinding)), { recursive: true })
    addNode(home, processor)
    const libraries = name === 'sensor' ? copyNativeLibraries(join(home, pcapBinding), home) : []
    const bill = billOfMaterials(new Set(staged.value), libraries)
    writeFileSync(join(home, 'sbom.cdx.json'), bill)
    addHostFiles(name, tree)
    const version = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version as string
    const base = `goldpan-${name}_${version}_${architecture}`
    const files = [`${base}.tar.gz`, `${base}.deb`, `${base}.cdx.json`].map((file) =>
      join(out, file),
    )
    packTar(tree, files[0]!)
    addControl(name, tree, { version, architecture })
    // xz would save a third of the size and take twenty times as long.
    run('dpkg-deb', ['--root-owner-group', '-Zgzip', '-z5', '--build', tree, files[1]!])
    writeFileSync(files[2]!, bill)
    return { ok: true, value: files.map((file) => ({ file, bytes: statSync(file).size })) }
  } finally {
    rmSync(work, { recursive: true })
  }
}

/** Why the sensor cannot be packed: its native part is for another processor. */
function strangeBinding(home: string, processor: Processor): string | undefined {
  const binding = join(home, pcapBinding)
  const builtFor = existsSync(binding) ? processorOf(binding) : processor
  if (builtFor === processor) return undefined
  return (
    `${pcapBinding} is built for ${builtFor ?? 'an unknown processor'}, not for ${processor}: ` +
    `pack the sensor on a Debian host of ${processor}, after ./goldpan version there`
  )
}

function addNode(home: string, processor: Processor): void {
  mkdirSync(join(home, 'bin'), { recursive: true })
  bringNode(processor, join(home, 'bin/node'))
  chmodSync(join(home, 'bin/node'), 0o755)
}

/** The command, the unit, the user and the settings of the host. */
function addHostFiles(name: StageName, tree: string): void {
  const copy = (from: string, to: string, mode = 0o644): void => {
    const target = join(tree, to)
    mkdirSync(join(target, '..'), { recursive: true })
    cpSync(join(root, from), target)
    chmodSync(target, mode)
  }
  const { settings, units, page } = hostFiles[name]
  copy('packaging/goldpan', 'usr/bin/goldpan', 0o755)
  for (const unit of units) copy(`packaging/systemd/${unit}`, `usr/lib/systemd/system/${unit}`)
  copy('packaging/debian/sysusers.conf', 'usr/lib/sysusers.d/goldpan.conf')
  for (const [from, to] of settings) copy(`packaging/debian/${from}`, to)
  copy(`docs/how-to/${page}`, `usr/share/doc/goldpan-${name}/${page}`)
  copy('LICENSE', `usr/share/doc/goldpan-${name}/copyright`)
}

/** Names in order, no owner, one time: two runs make the same bytes. */
function packTar(tree: string, file: string): void {
  run('tar', [
    ...['--sort=name', '--owner=0', '--group=0', '--numeric-owner', '--mtime=@0'],
    ...['-C', tree, '-czf', file, 'usr', 'etc'],
  ])
}

function addControl(
  name: StageName,
  tree: string,
  { version, architecture }: { readonly version: string; readonly architecture: string },
): void {
  const folder = join(tree, 'DEBIAN')
  mkdirSync(folder)
  for (const script of ['postinst', 'prerm', 'postrm']) {
    copyFileSync(join(root, 'packaging/debian', script), join(folder, script))
    chmodSync(join(folder, script), 0o755)
  }
  const { settings, about } = hostFiles[name]
  writeFileSync(join(folder, 'conffiles'), settings.map(([, to]) => `/${to}\n`).join(''))
  const { stdout } = spawnSync('du', ['-sk', join(tree, 'usr')], { encoding: 'utf8' })
  const fields = {
    Package: `goldpan-${name}`,
    Version: version,
    Architecture: architecture,
    Maintainer: 'Goldpan maintainers <maintainers@goldpan.example>',
    'Installed-Size': Number.parseInt(stdout, 10),
    Depends: `libc6 (>= ${glibcVersion()}), libstdc++6`,
    // Both hold the command and its tree at the same place.
    Conflicts: name === 'sensor' ? 'goldpan-line' : 'goldpan-sensor',
    Section: 'net',
    Priority: 'optional',
    Description: about,
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

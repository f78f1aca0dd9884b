import {
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('../..', import.meta.url))

/** The rooms of each kind of installation; the command line is in both. */
const rooms = {
  /** What captures and sends: no warehouse client, no engine, no reports. */
  sensor: ['core', 'packet', 'wire', 'runtime', 'capture'],
  /** Estimator and analyzer over a ClickHouse server, and the demo's sensors. */
  line: [
    ...['core', 'packet', 'wire', 'runtime', 'capture', 'warehouse', 'simulator'],
    ...['estimator', 'anycast-analyzer'],
  ],
} as const
export type StageName = keyof typeof rooms
export const isStageName = (name: string | undefined): name is StageName =>
  name !== undefined && name in rooms

/** Packages that a rooms' dependency names but that only building needs. */
const buildOnly = new Set(['nan', '@types/node'])

/** Files of packages that nothing at run time reads. */
const ballast = [
  /\.(?:md|markdown|map|flow|d\.[cm]?ts|test\.ts|gyp|cc|h|c|tsbuildinfo)$/,
  /\/(?:test|tests|spec|examples?|docs|obj\.target|\.github)(?:\/|$)/,
]

interface Manifest {
  readonly name: string
  readonly version: string
  readonly dependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

type Staged = { readonly ok: true; readonly value: readonly string[] } | Failure
interface Failure {
  readonly ok: false
  readonly error: string
}

/** Fills the folder; returns `name@version` of every package in it, ours and others. */
export function stage(name: StageName, folder: string): Staged {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(join(folder, 'node_modules/@goldpan'), { recursive: true })
  const names = rooms[name].map((room) => `@goldpan/${room}`)
  const wanted = new Map<string, string>()
  for (const room of [...names, '@goldpan/cli']) {
    const source = realpathSync(join(root, 'node_modules', room))
    const place = relative(realpathSync(root), source)
    copyRoom(source, join(folder, place), names)
    symlinkSync(join('../..', place), join(folder, 'node_modules', room))
    gather(readManifest(join(folder, place)), source, wanted)
  }
  for (const [from, to] of wanted) {
    cpSync(from, join(folder, to), { recursive: true, filter: (path) => isWanted(path, from) })
  }
  const { version } = readManifest(root)
  const manifest = { name: `goldpan-${name}`, version, private: true, type: 'module' }
  const workspaces = ['packages/*', 'services/*', 'cli']
  writeJson(join(folder, 'package.json'), { ...manifest, license: 'Apache-2.0', workspaces })
  cpSync(join(root, 'LICENSE'), join(folder, 'LICENSE'))
  if (name === 'sensor' && !existsSync(join(folder, pcapBinding))) {
    return {
      ok: false,
      error:
        `${pcapBinding} is not built: run ./goldpan version, with g++, make, python3 and ` +
        'libpcap-dev installed',
    }
  }
  const manifests = [...names, '@goldpan/cli'].map((room) => join(folder, 'node_modules', room))
  const others = [...wanted.values()].map((place) => join(folder, place))
  const held = [...manifests, ...others].map(readManifest)
  return { ok: true, value: held.map((each) => `${each.name}@${each.version}`).sort() }
}

/** The one native part of the sensor. */
export const pcapBinding = 'node_modules/pcap/build/Release/pcap_binding.node'

/** A room's sources without its tests; of its dependencies those that are staged, too. */
function copyRoom(source: string, target: string, staged: readonly string[]): void {
  cpSync(source, target, {
    recursive: true,
    filter: (path) => !/\/node_modules(?:\/|$)|\.test\.ts$/.test(path.slice(source.length)),
  })
  const manifest = readManifest(source)
  const keep = ([name]: [string, string]): boolean => {
    const isOurs = name.startsWith('@goldpan/') || name === 'grafana-dashboards-generator'
    return !isOurs || staged.includes(name)
  }
  const filtered = (dependencies: Readonly<Record<string, string>> = {}) =>
    Object.fromEntries(Object.entries(dependencies).filter(keep))
  const { dependencies, optionalDependencies } = manifest
  writeJson(join(target, 'package.json'), {
    ...manifest,
    dependencies: filtered(dependencies),
    optionalDependencies: filtered(optionalDependencies),
  })
}

/** Follows dependencies as Node resolves them: each package's folder with its staged place. */
function gather(manifest: Manifest, from: string, wanted: Map<string, string>): void {
  const { dependencies = {}, optionalDependencies = {} } = manifest
  for (const name of Object.keys({ ...dependencies, ...optionalDependencies })) {
    if (name.startsWith('@goldpan/') || buildOnly.has(name)) continue
    const folder = resolvePackage(name, from)
    if (folder === undefined) {
      if (name in optionalDependencies) continue
      throw new Error(`${manifest.name} needs ${name}, which is not installed: npm ci`)
    }
    if (wanted.has(folder)) continue
    wanted.set(folder, relative(root, folder))
    gather(readManifest(folder), folder, wanted)
  }
}

function resolvePackage(name: string, from: string): string | undefined {
  for (let folder = from; folder.length >= root.length - 1; folder = dirname(folder)) {
    const candidate = join(folder, 'node_modules', name)
    if (existsSync(join(candidate, 'package.json'))) return candidate
  }
  return undefined
}

const isWanted = (path: string, from: string): boolean => {
  const inside = path.slice(from.length)
  return !/\/node_modules(?:\/|$)/.test(inside) && !ballast.some((kind) => kind.test(inside))
}

const readManifest = (folder: string): Manifest =>
  JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest

const writeJson = (path: string, value: object): void =>
  writeFileSync(path, `${JSON.stringify(value, null, 2)}\n`)

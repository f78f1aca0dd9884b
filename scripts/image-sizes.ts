/**
 * Sizes of the images, without a daemon: adds up what the stages of packaging/Dockerfile copy, and
 * for the base what this Debian says its required packages take (more than the slim image, which
 * leaves out their documentation). Run on Debian 12, as the base is.
 * Usage: node scripts/image-sizes.ts
 */

import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isStageName, stage } from './stage/stage-tree.ts'

const mebibyte = 2 ** 20

/** Installed packages, KiB as dpkg counts them, of which `isMeant` is true. */
function installedBytes(isMeant: (name: string, priority: string) => boolean): number {
  const format = '$' + '{Package} $' + '{Priority} $' + '{Installed-Size}\\n'
  const { stdout } = spawnSync('dpkg-query', ['-W', `-f=${format}`], { encoding: 'utf8' })
  const rows = stdout
    .trim()
    .split('\n')
    .map((line) => line.split(' '))
  const meant = rows.filter(([name, priority]) => isMeant(name!, priority!))
  return meant.reduce((sum, [, , kibibytes]) => sum + Number(kibibytes) * 1024, 0)
}

/** Debian's minimal system with apt, which the slim image has. */
const base = installedBytes(
  (name, priority) =>
    priority === 'required' ||
    /^(?:apt|libapt-pkg.*|libstdc\+\+6|libgnutls30|gpgv|debian-archive-keyring)$/.test(name),
)
/** libpcap0.8 with what it pulls in beyond the base. */
const libpcap = installedBytes((name) => /^(?:libpcap0\.8|libdbus-1-3|libsystemd0)$/.test(name))
const node = statSync(process.execPath).size

const rows: [string, Record<string, number>][] = []
const work = mkdtempSync(join(tmpdir(), 'goldpan-sizes-'))
for (const name of ['sensor', 'line']) {
  if (!isStageName(name)) continue
  const folder = join(work, name)
  const staged = stage(name, folder)
  if (!staged.ok) throw new Error(staged.error)
  const { stdout } = spawnSync('du', ['-sb', folder], { encoding: 'utf8' })
  const tree = Number.parseInt(stdout, 10)
  rows.push([name, { base, Node: node, tree, ...(name === 'sensor' ? { libpcap } : {}) }])
}
rmSync(work, { recursive: true })

console.log('| image | base | Node | tree | libpcap | sum, MiB | sum, MB |')
console.log('|---|---:|---:|---:|---:|---:|---:|')
for (const [name, parts] of rows) {
  const sum = Object.values(parts).reduce((total, bytes) => total + bytes, 0)
  const shown = ['base', 'Node', 'tree', 'libpcap'].map((part) => parts[part] ?? 0)
  const mebibytes = [...shown, sum].map((bytes) => (bytes / mebibyte).toFixed(1))
  console.log(`| ${name} | ${mebibytes.join(' | ')} | ${(sum / 1e6).toFixed(0)} |`)
}

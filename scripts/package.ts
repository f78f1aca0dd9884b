/**
 * Packs the sensor, or the line (estimator and analyzer), as one tarball and one .deb. Both hold
 * Node, the sources, the dependencies and the native parts: nothing is fetched or compiled at
 * install or start. Needs tar and dpkg-deb.
 * Usage: node scripts/package.ts sensor|line [OUT, default build]
 */

import { mkdirSync } from 'node:fs'
import { resolve } from 'node:path'
import { pack } from './stage/debian-package.ts'
import { isStageName } from './stage/stage-tree.ts'

const [name, folder = 'build'] = process.argv.slice(2)
if (!isStageName(name)) {
  console.error('usage: node scripts/package.ts sensor|line [OUT]')
  process.exit(2)
}
const out = resolve(folder)
mkdirSync(out, { recursive: true })
const packed = pack(name, out)
if (!packed.ok) {
  console.error(packed.error)
  process.exit(1)
}
for (const { file, bytes } of packed.value) {
  console.log(`${file} ${(bytes / 2 ** 20).toFixed(1)} MiB`)
}

/**
 * Packs the sensor, or the line (estimator and analyzer), as one tarball and one .deb. Both hold
 * Node, the sources, the dependencies and the native parts: nothing is fetched or compiled at
 * install or start. Needs tar and dpkg-deb. The line can be packed for another processor than this
 * host's; the sensor's native part is built on a host of its own kind.
 * Usage: node scripts/package.ts sensor|line [OUT, default build] [x64|arm64, default this host's]
 */

import { mkdirSync } from 'node:fs'
import { resolve } from 'node:path'
import { isProcessor } from './stage/bring-node.ts'
import { pack } from './stage/debian-package.ts'
import { isStageName } from './stage/stage-tree.ts'

const [name, folder = 'build', processor = process.arch] = process.argv.slice(2)
if (!isStageName(name) || !isProcessor(processor)) {
  console.error('usage: node scripts/package.ts sensor|line [OUT] [x64|arm64]')
  process.exit(2)
}
const out = resolve(folder)
mkdirSync(out, { recursive: true })
const packed = pack(name, out, processor)
if (!packed.ok) {
  console.error(packed.error)
  process.exit(1)
}
for (const { file, bytes } of packed.value) {
  console.log(`${file} ${(bytes / 2 ** 20).toFixed(1)} MiB`)
}

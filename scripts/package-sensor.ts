/**
 * Packs the sensor as one tarball and one .deb. Both hold Node, the sources, the dependencies and
 * the native parts: nothing is fetched or compiled at install or start. Needs tar and dpkg-deb.
 * Usage: node scripts/package-sensor.ts [OUT, default build]
 */

import { mkdirSync } from 'node:fs'
import { resolve } from 'node:path'
import { packSensor } from './stage/sensor-package.ts'

const out = resolve(process.argv[2] ?? 'build')
mkdirSync(out, { recursive: true })
const packed = packSensor(out)
if (!packed.ok) {
  console.error(packed.error)
  process.exit(1)
}
for (const { file, bytes } of packed.value) {
  console.log(`${file} ${(bytes / 2 ** 20).toFixed(1)} MiB`)
}

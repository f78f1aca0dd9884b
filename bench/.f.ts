import { createRequire } from 'node:module'; const require_ = createRequire(import.meta.url)
import { fuzzMessage } from '../test/fuzz/fuzz-rows.ts'
import { Draws } from '../test/fuzz/mutate.ts'
const from = Number(process.argv[2]), to = Number(process.argv[3])
for (let seed = from; seed < to; seed++) {
  require_('fs').writeFileSync('/tmp/cap/seed', String(seed)); const t = performance.now(); const m0 = process.memoryUsage().heapUsed
  try { fuzzMessage(new Draws(seed)) } catch (e) { console.log('THROW', seed, (e as Error).stack); process.exit(1) }
  const d = performance.now() - t
  if (d > 200) console.log(seed, d, (process.memoryUsage().heapUsed - m0)/1e6)
}

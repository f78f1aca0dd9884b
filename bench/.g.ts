import { ByteBuffer } from 'flatbuffers'
const proto = ByteBuffer.prototype as any
const original = proto.__vector_len
proto.__vector_len = function (offset: number) { const n = original.call(this, offset); if (n > 65536 || n < 0) throw new Error('a vector claims ' + n); return n }
import { Draws } from '../test/fuzz/mutate.ts'
const { fuzzMessage } = await import('../test/fuzz/fuzz-rows.ts')
const t = performance.now(); fuzzMessage(new Draws(5000009)); console.log('done', performance.now()-t)
let s = 5000000; while (performance.now() - t < 30000) { const u = performance.now(); try { fuzzMessage(new Draws(s)) } catch (e) { console.log(s, e); break }; if (performance.now()-u > 100) console.log('slow', s, performance.now()-u); s++ }
console.log(s, process.memoryUsage().rss/1e6)

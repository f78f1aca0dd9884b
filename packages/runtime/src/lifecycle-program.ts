/** A process with a lifecycle, for the tests: lifecycle-program.ts [mode] [deadlineMillis]. */

import { createLifecycle } from './lifecycle.ts'
import { createLog } from './log.ts'

const [mode, deadlineMillis] = process.argv.slice(2)
const log = createLog({ level: 'info', component: 'test' })
const lifecycle = createLifecycle({ log, deadlineMillis: Number(deadlineMillis ?? 10_000) })
const running = setInterval(() => {}, 1000)

lifecycle.onStop('source', () => log.info('source ended'))
lifecycle.onStop('drain', async () => {
  if (mode === 'hang') await new Promise(() => {})
  if (mode === 'fail') throw new Error('full')
  log.info('drained')
})
lifecycle.onStop('sink', () => {
  clearInterval(running)
  log.info('sink closed')
})
lifecycle.onReload('networks', () => {})
lifecycle.onReload('sites', () => {
  throw new Error('broken file')
})
log.info('runs')
if (mode === 'end' || mode === 'fail') lifecycle.stop(0)
if (mode === 'crash') {
  setImmediate(() => {
    throw new Error('a bug')
  })
}
process.exitCode = await lifecycle.untilStopped()

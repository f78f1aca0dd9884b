import { expect, it } from 'vitest'
import { createLog, quietSeconds } from './log.ts'

function createMemoryLog(level: 'debug' | 'warn' = 'debug') {
  const lines: Record<string, unknown>[] = []
  let seconds = 0
  const log = createLog({
    level,
    component: 'capture',
    destination: { write: (line) => void lines.push(JSON.parse(line)) },
    now: () => seconds,
  })
  return { log, lines, pass: (more: number) => (seconds += more) }
}

it('writes one JSON object a line with time, level, component and message', () => {
  const { log, lines } = createMemoryLog()
  log.child({ stage: 'spool' }).info({ rows: 3 }, 'spooled')
  expect(lines).toEqual([
    {
      level: 'info',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      component: 'capture',
      stage: 'spool',
      rows: 3,
      message: 'spooled',
    },
  ])
})

it('writes an error with its message and stack', () => {
  const { log, lines } = createMemoryLog()
  log.error({ error: new Error('refused') }, 'could not send')
  expect(lines[0]).toMatchObject({
    message: 'could not send',
    error: { type: 'Error', message: 'refused', stack: expect.stringContaining('log.test.ts') },
  })
})

it('leaves out what is below its level', () => {
  const { log, lines } = createMemoryLog('warn')
  log.info('heard')
  log.warn('seen')
  expect(lines.map(({ message }) => message)).toEqual(['seen'])
})

it('writes a frequent warning rarely and counts what it left out', () => {
  const { log, lines, pass } = createMemoryLog()
  for (let n = 0; n < 5; n++) log.warnRarely({ n }, 'dropped a batch')
  log.warnRarely('another')
  pass(quietSeconds)
  log.warnRarely({ n: 5 }, 'dropped a batch')
  pass(quietSeconds)
  log.warnRarely({ n: 6 }, 'dropped a batch')
  expect(lines.map(({ message, n, suppressed }) => [message, n, suppressed])).toEqual([
    ['dropped a batch', 0, undefined],
    ['another', undefined, undefined],
    ['dropped a batch', 5, 4],
    ['dropped a batch', 6, undefined],
  ])
})

import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { afterEach, expect, it } from 'vitest'

const program = fileURLToPath(new URL('lifecycle-program.ts', import.meta.url))
const children: ChildProcess[] = []
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
})

/** Starts a real process with a lifecycle; resolves once it says that it runs. */
async function start(...args: string[]) {
  const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  children.push(child)
  const lines: Record<string, unknown>[] = []
  let waiting: (() => void)[] = []
  let rest = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    const parts = (rest + text).split('\n')
    rest = parts.pop()!
    lines.push(...parts.map((line) => JSON.parse(line)))
    for (const wake of waiting.splice(0)) wake()
  })
  const exited = new Promise<number | null>((resolve) => child.on('close', resolve))
  const saw = async (message: string): Promise<void> => {
    while (!lines.some((line) => line.message === message)) {
      await new Promise<void>((resolve) => waiting.push(resolve))
    }
  }
  const messages = () => lines.map((line) => line.message)
  await saw('runs')
  waiting = []
  return { child, exited, saw, lines, messages }
}

it.each([
  ['SIGTERM', 143],
  ['SIGINT', 130],
] as const)('stops in the order of the data on %s and ends with %i', async (signal, code) => {
  const { child, exited, messages } = await start()
  child.kill(signal)
  expect(await exited).toBe(code)
  expect(messages().slice(2)).toEqual(['source ended', 'drained', 'sink closed'])
})

it('ends at once on a second signal', async () => {
  const { child, exited, saw, messages } = await start('hang')
  child.kill('SIGTERM')
  await saw('source ended')
  child.kill('SIGINT')
  expect(await exited).toBe(130)
  expect(messages().at(-1)).toBe('ended at once')
})

it('ends at its deadline and names the step that hung', async () => {
  const { child, exited, lines } = await start('hang', '200')
  child.kill('SIGTERM')
  expect(await exited).toBe(143)
  expect(lines.at(-1)).toMatchObject({ level: 'error', step: 'drain', deadlineSeconds: 0.2 })
})

it('goes on when a step fails, and does not end with 0', async () => {
  const { exited, messages } = await start('fail')
  expect(await exited).toBe(1)
  expect(messages()).toContain('a step of stopping failed')
  expect(messages().at(-1)).toBe('sink closed')
})

it('ends with 0 when its source came to its end', async () => {
  const { exited } = await start('end')
  expect(await exited).toBe(0)
})

it('reloads on SIGHUP and keeps what it had when that fails', async () => {
  const { child, exited, saw } = await start()
  child.kill('SIGHUP')
  await saw('reloaded')
  await saw('could not reload: what was loaded before stays')
  child.kill('SIGTERM')
  expect(await exited).toBe(143)
})

it('turns what nobody caught into one line and exit code 1', async () => {
  const { exited, lines } = await start('crash')
  expect(await exited).toBe(1)
  expect(lines.at(-1)).toMatchObject({ message: 'crashed', error: { message: 'a bug' } })
})

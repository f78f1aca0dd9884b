import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export interface TestOptions {
  readonly filters: readonly string[]
}

/** Runs the tests of this checkout; the exit code is the test runner's. */
export function run({ filters }: TestOptions): Promise<number> {
  const root = fileURLToPath(new URL('../../..', import.meta.url))
  const runner = join(root, 'node_modules/vitest/vitest.mjs')
  const child = spawn(process.execPath, [runner, 'run', ...filters], {
    cwd: root,
    stdio: 'inherit',
  })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code) => resolve(code ?? 1))
  })
}

import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['{packages,services,dashboards,cli,test}/**/*.test.ts'],
    exclude: ['**/node_modules/**'],
    // Starts a broker when the first test asks for it, and ends it.
    globalSetup: './test/broker/shared-broker-setup.ts',
    // Generous: a busy machine is slow, and no test measures time.
    testTimeout: 120_000,
    hookTimeout: 240_000,
    // chDB binds one folder to a process: every test file gets its own process.
    pool: 'forks',
    // Most files wait for processes that they start: one at a time leaves two cores idle.
    maxWorkers: Math.max(3, availableParallelism() - 1),
  },
})

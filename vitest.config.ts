import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['{packages,services,dashboards,cli,test}/**/*.test.ts'],
    exclude: ['**/node_modules/**'],
    // Starts a broker when the first test asks for it, and ends it.
    globalSetup: './test/broker/shared-broker-setup.ts',
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // chDB binds one folder to a process: every test file gets its own process.
    pool: 'forks',
  },
})

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startProcess } from '../integration/own-process.ts'
import { type FaultProxy, startFaultProxy } from '../warehouse/fault-proxy.ts'
import { WarehouseServer } from './warehouse-server.ts'

const cli = fileURLToPath(new URL('../../cli/src/main.ts', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'goldpan-estimate-start-'))
const server = new WarehouseServer(join(folder, 'warehouse'))
let proxy: FaultProxy

beforeAll(async () => {
  await server.start()
  proxy = await startFaultProxy({ host: '127.0.0.1', port: server.port })
})

afterAll(async () => {
  await proxy.close()
  await server.kill()
  rmSync(folder, { recursive: true, force: true })
})

it('asks a warehouse that hung while it started again after the timeout of an insert', async () => {
  proxy.always('hang')
  process.env.GOLDPAN_HTTP_ESTIMATE_LISTEN = 'off'
  process.env.GOLDPAN_WAREHOUSE_INSERT_TIMEOUT = '1s'
  const url = `http://default@127.0.0.1:${proxy.port}`
  const words = ['estimate', '--from', 'kafka://127.0.0.1:1', '--warehouse', url]
  const estimator = startProcess(process.execPath, [cli, ...words])
  while (proxy.happened.length === 0) await delay(20)
  proxy.always(undefined)
  await estimator.waitFor(/"estimating"/, 15_000)
  expect(proxy.happened).toContain('hang')
  await estimator.stop('SIGKILL')
})

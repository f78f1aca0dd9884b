import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { openServerWarehouse } from '@goldpan/warehouse'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { handshakeBlock } from './handshake-block.ts'

const scratch = mkdtempSync(join(tmpdir(), 'goldpan-held-'))
// Longer than the address of a unix socket has room for.
const folder = join(scratch, 'a-folder-whose-name-alone-is-long'.repeat(4), 'warehouse')
const file = (name: string): string => fileURLToPath(new URL(name, import.meta.url))
const holder = () => spawn(process.execPath, [file('./warehouse-process.ts'), folder])
let process1: ReturnType<typeof holder>
let url: string

beforeAll(async () => {
  mkdirSync(folder, { recursive: true })
  process1 = holder()
  const [port] = await once(process1.stdout!, 'data')
  url = `http://default@127.0.0.1:${String(port).trim()}`
})

afterAll(() => {
  process1.kill('SIGKILL')
  rmSync(scratch, { recursive: true })
})

function goldpan(arguments_: readonly string[], environment: Record<string, string> = {}) {
  return spawnSync(process.execPath, [file('../../cli/src/main.ts'), ...arguments_], {
    encoding: 'utf8',
    env: { ...process.env, ...environment },
  })
}

/** What `goldpan sql` says when `meanwhile` happens while it waits for the holder. */
async function askMeanwhile(meanwhile: () => void): Promise<object> {
  const words = ['sql', 'SELECT 1 + 1 AS two', '--format', 'CSV', '--warehouse', folder]
  const asking = spawn(process.execPath, [file('../../cli/src/main.ts'), ...words])
  const said = Promise.all([text(asking.stdout), text(asking.stderr)])
  await delay(1500)
  meanwhile()
  const [out, error] = await said
  return { out, error }
}

describe('a warehouse that another process holds', () => {
  it('answers goldpan sql and findings through the socket in its folder', () => {
    const sql = goldpan(['sql', 'SELECT 1 + 1 AS two', '--format', 'CSV', '--warehouse', folder])
    expect({ out: sql.stdout, error: sql.stderr }).toEqual({ out: '2\n', error: '' })
    const findings = goldpan(['findings', '--format', 'json', '--warehouse', folder])
    expect({ out: findings.stdout, error: findings.stderr }).toEqual({ out: '[]\n', error: '' })
  })

  it('has a socket for its user alone', () => {
    expect(statSync(join(folder, 'goldpan.sock')).mode & 0o777).toBe(0o600)
  })

  it('is read by its address as well', () => {
    const sql = goldpan(['sql', 'SELECT {x:UInt8}', '--warehouse', url])
    expect(sql.status).toBe(1)
    expect(sql.stderr).toMatch(/^goldpan: UNKNOWN_QUERY_PARAMETER: /)
    expect(goldpan(['sql', "SELECT 'a'", '--format', 'CSV', '--warehouse', url]).stdout).toBe(
      '"a"\n',
    )
  })

  it('takes its password from the file that the environment names', () => {
    const passwordFile = join(scratch, 'password')
    writeFileSync(passwordFile, 'sesame\n')
    const environment = { GOLDPAN_WAREHOUSE_PASSWORD_FILE: passwordFile }
    expect(goldpan(['sql', 'SELECT 1', '--warehouse', url], environment).status).toBe(0)
    const missing = { GOLDPAN_WAREHOUSE_PASSWORD_FILE: `${passwordFile}s` }
    expect(goldpan(['sql', 'SELECT 1', '--warehouse', url], missing).stderr).toMatch(
      /^goldpan: GOLDPAN_WAREHOUSE_PASSWORD_FILE names .*, which cannot be read \(ENOENT\)/,
    )
  })

  it('has every row once after its process was killed and started again', async () => {
    const opened = await openServerWarehouse({
      url,
      timeouts: { insertSeconds: 5, retrySeconds: 60 },
    })
    if (!opened.ok) throw new Error(opened.error.message)
    const port = new URL(url).port
    const inserts = Array.from({ length: 12 }, (_, number) => {
      const { columns, arrow } = handshakeBlock(number, 100)
      return opened.value.insertArrow('handshakes', columns, arrow, `killed/${number}`)
    })
    process1.kill('SIGKILL')
    await once(process1, 'exit')
    process1 = spawn(process.execPath, [file('./warehouse-process.ts'), folder, port])
    await Promise.all(inserts)
    const [row] = await opened.value.query<Record<string, number>>(
      `SELECT toUInt32(count()) AS raw, toUInt32(uniqExact(time, prefix)) AS distinct,
       (SELECT toUInt32(sum(handshakes)) FROM rtt_by_site_1m) AS sites FROM handshakes`,
    )
    expect(row).toEqual({ raw: 1200, distinct: 1200, sites: 1200 })
    await opened.value.close()
  })

  it('is read as soon as a holder that starts serves it', async () => {
    const socket = join(folder, 'goldpan.sock')
    renameSync(socket, `${socket}.later`)
    const answer = await askMeanwhile(() => renameSync(`${socket}.later`, socket))
    expect(answer).toEqual({ out: '2\n', error: '' })
  })

  it('tells the pid of a holder that does not answer', () => {
    rmSync(join(folder, 'goldpan.sock'))
    const sql = goldpan(['sql', 'SELECT 1', '--warehouse', folder])
    expect(sql.status).toBe(1)
    expect(sql.stderr).toBe(
      `goldpan: the warehouse ${folder} is in use by process ${process1.pid}, which does not ` +
        'answer on its socket: wait until it ends, or name another folder with --warehouse\n',
    )
  })

  it('is read by its folder as soon as a holder that ends has left it', async () => {
    rmSync(join(folder, 'goldpan.sock'), { force: true })
    const answer = await askMeanwhile(() => process1.kill('SIGKILL'))
    expect(answer).toEqual({ out: '2\n', error: '' })
  })
})

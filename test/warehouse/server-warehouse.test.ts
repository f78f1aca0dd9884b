import {
  migrate,
  openServerWarehouse,
  readMigrations,
  type ServerOptions,
  type Warehouse,
} from '@goldpan/warehouse'
import { tableFromIPC } from 'apache-arrow'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type FaultProxy, faults, startFaultProxy } from './fault-proxy.ts'
import { handshakeBlock } from './handshake-block.ts'
import { openWarehouseUnderTest, type WarehouseUnderTest } from './warehouse-under-test.ts'

let underTest: WarehouseUnderTest
let engine: Warehouse
let proxy: FaultProxy
let warehouse: Warehouse

const timeouts = { insertSeconds: 1, querySeconds: 2, retrySeconds: 20 }

async function open(options: Partial<ServerOptions> = {}): Promise<Warehouse> {
  const opened = await openServerWarehouse({
    ...urlOf(proxy.port),
    timeouts,
    ...options,
  })
  if (!opened.ok) throw new Error(opened.error.message)
  return opened.value
}

/** The warehouse under test at another port of the loopback. */
const urlOf = (port: number) => ({
  url: `http://${underTest.user}@127.0.0.1:${port}/${underTest.database}`,
  ...(underTest.password === undefined ? {} : { password: underTest.password }),
})

beforeAll(async () => {
  underTest = await openWarehouseUnderTest()
  engine = underTest.warehouse
  proxy = await startFaultProxy(underTest.upstream)
  warehouse = await open()
})

afterAll(async () => {
  await warehouse.close()
  await proxy.close()
  await underTest.close()
})

/** Handshakes by what a rollup and the raw table hold. */
async function counts(): Promise<Record<string, number>> {
  const [row] = await engine.query<Record<string, number>>(
    `SELECT (SELECT toFloat64(count()) FROM handshakes) AS raw,
            (SELECT toFloat64(uniqExact(time, prefix)) FROM handshakes) AS distinct,
            (SELECT toFloat64(sum(handshakes)) FROM rtt_by_site_1m) AS sites,
            (SELECT toFloat64(sum(handshakes)) FROM rtt_by_as_1m) AS networks`,
  )
  return row!
}

const all = (rows: number) => ({ raw: rows, distinct: rows, sites: rows, networks: rows })

describe('the warehouse on a server', () => {
  it('takes and returns what the embedded one does', async () => {
    const { columns, arrow } = handshakeBlock(0, 50)
    await warehouse.insertArrow('handshakes', columns, arrow, 'plain')
    const sql = 'SELECT toString(time) AS at, rtt_us, hops, excluded FROM handshakes ORDER BY time'
    const rows = await warehouse.query(sql)
    expect(rows).toHaveLength(50)
    expect(rows).toEqual(await engine.query(sql))
    const table = tableFromIPC(
      await warehouse.queryArrow(
        "SELECT rtt_us FROM handshakes SETTINGS output_format_arrow_compression_method = 'none'",
      ),
    )
    expect(table.numRows).toBe(50)
    expect(await counts()).toEqual(all(50))
  })

  it('binds parameters of every kind', async () => {
    const parameters = {
      text: "it's \\ a\ttab\n{x:String}",
      texts: ["a'b", 'c\\d', ''],
      number: 7,
      absent: null,
      yes: true,
    }
    const sql = `SELECT {text:String} AS text, {texts:Array(String)} AS texts,
      {number:UInt8} AS number, {absent:Nullable(String)} AS absent, {yes:Bool} AS yes`
    expect(await warehouse.query(sql, parameters)).toEqual([parameters])
    expect(await engine.query(sql, parameters)).toEqual([parameters])
  })

  it('runs one statement at a time and reads only where it is asked to read', async () => {
    const text = async (sql: string) =>
      Buffer.from(await warehouse.queryText(sql, 'CSV')).toString()
    expect(await text('SELECT 1, 2 SETTINGS max_threads = 1')).toBe('1,2\n')
    await expect(text('SELECT 1; DROP TABLE handshakes')).rejects.toThrow('SYNTAX_ERROR')
    for (const sql of [
      'DROP TABLE handshakes',
      'TRUNCATE TABLE handshakes',
      "SELECT 1 INTO OUTFILE '/x'",
    ]) {
      await expect(text(sql)).rejects.toThrow()
      await expect(engine.queryText(sql, 'CSV')).rejects.toThrow()
    }
    expect((await counts()).raw).toBe(50)
  })

  it('reports an error of the server with its name, at once', async () => {
    await expect(warehouse.query('SELECT nothing FROM handshakes')).rejects.toMatchObject({
      code: 'REFUSED',
      message: expect.stringContaining('UNKNOWN_IDENTIFIER'),
    })
    await expect(warehouse.insertRows('findings', [{ nonsense: 1 }], 't')).rejects.toThrow()
  })

  it.each(faults)('has every row once after: %s', async (fault) => {
    const before = (await counts()).raw!
    const tries: string[] = []
    const client = await open({ onRetry: (error) => tries.push(error.code) })
    proxy.plan([fault, fault], (query) => query.startsWith('INSERT'))
    const { columns, arrow } = handshakeBlock(1 + faults.indexOf(fault), 40)
    await client.insertArrow('handshakes', columns, arrow, `faulty/${fault}`)
    await proxy.settle()
    expect(tries.length).toBeGreaterThanOrEqual(2)
    expect(await counts()).toEqual(all(before + 40))
    await client.close()
  })

  it('reads again when a connection breaks, and takes no half answer for a whole', async () => {
    for (const fault of ['refuse', 'cut-answer', 'unavailable'] as const) {
      proxy.plan([fault])
      expect(await warehouse.query('SELECT 1 AS one')).toEqual([{ one: 1 }])
    }
  })

  it('gives up within its time and says that the warehouse is away', async () => {
    const client = await open({ timeouts: { ...timeouts, retrySeconds: 0.3 } })
    proxy.always('refuse')
    const { columns, arrow } = handshakeBlock(99, 1)
    await expect(client.insertArrow('handshakes', columns, arrow, 'never')).rejects.toMatchObject({
      code: 'AWAY',
      isRetriable: true,
    })
    proxy.always(undefined)
    await client.close()
  })

  it('ends its retries when it is told to', async () => {
    const stop = new AbortController()
    const client = await open({ signal: stop.signal, onRetry: () => stop.abort() })
    proxy.plan(['refuse', 'refuse', 'refuse'])
    await expect(client.query('SELECT 1')).rejects.toMatchObject({ code: 'AWAY' })
    proxy.plan([])
    await client.close()
  })
})

describe('a warehouse on a server that cannot be opened', () => {
  const refusal = async (options: ServerOptions): Promise<string> => {
    const opened = await openServerWarehouse({
      timeouts: { ...timeouts, retrySeconds: 0 },
      ...options,
    })
    if (!opened.ok) return opened.error.message
    await opened.value.close()
    return 'opened'
  }

  it('is away: the sentence says where it was looked for', async () => {
    expect(await refusal({ url: 'http://goldpan@127.0.0.1:1' })).toMatchInlineSnapshot(
      `"the warehouse http://127.0.0.1:1 does not answer (ECONNREFUSED): check that it runs and that its address is right"`,
    )
  })

  it('takes connections and says nothing: it is given up long before a statement is', async () => {
    proxy.always('hang')
    const told: string[] = []
    const opened = await openServerWarehouse({
      ...urlOf(proxy.port),
      timeouts: { openSeconds: 0.1, querySeconds: 60, retrySeconds: 0.3 },
      onRetry: ({ code }) => told.push(code),
    })
    proxy.always(undefined)
    expect(opened).toMatchObject({ ok: false, error: { code: 'AWAY' } })
    expect(told.length).toBeGreaterThan(0)
    expect(new Set(told)).toEqual(new Set(['AWAY']))
  })

  it('wants another password, and opens with the right one', async (context) => {
    if (!underTest.serve) return context.skip('a real server has its own users')
    const port = await underTest.serve({ estimator: 'sesame' })
    const url = `http://estimator@127.0.0.1:${port}`
    expect(
      (await refusal({ url, password: 'wrong' })).replace(String(port), 'PORT'),
    ).toMatchInlineSnapshot(
      `"the warehouse http://127.0.0.1:PORT does not let in the user estimator: check the user in the URL and the password in warehouse.password_file"`,
    )
    expect(await refusal({ url, password: 'sesame' })).toBe('opened')
  })

  it('has no such database', async () => {
    const { url, ...access } = urlOf(proxy.port)
    const elsewhere = url.replace(/[^/]*$/, 'elsewhere')
    const sentence = await refusal({ ...access, url: elsewhere })
    expect(sentence.replace(String(proxy.port), 'PORT')).toMatchInlineSnapshot(
      `"the warehouse http://127.0.0.1:PORT has no database elsewhere: create it there (CREATE DATABASE elsewhere), or name another behind the port"`,
    )
  })

  it('is no ClickHouse', async () => {
    const { createServer } = await import('node:http')
    const other = createServer((_, response) => {
      response.writeHead(404).end('<!doctype html><html>')
    })
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
    const { port } = other.address() as { port: number }
    const sentence = await refusal({ url: `http://127.0.0.1:${port}` })
    expect(sentence.replace(String(port), 'PORT')).toMatchInlineSnapshot(
      `"what answers at http://127.0.0.1:PORT is no ClickHouse: check the port"`,
    )
    other.close()
  })

  it('answers a user who is read-only and may change no setting', async () => {
    const { createServer } = await import('node:http')
    const strict = createServer((request, response) => {
      if (!request.url!.includes('readonly=')) return response.end('1\n')
      const message = "Cannot modify 'readonly' setting in readonly mode."
      return response
        .writeHead(500, { 'X-ClickHouse-Exception-Code': '164' })
        .end(`Code: 164. DB::Exception: ${message} (READONLY)\n`)
    })
    await new Promise<void>((resolve) => strict.listen(0, '127.0.0.1', resolve))
    const { port } = strict.address() as { port: number }
    const url = `http://goldpan_grafana@127.0.0.1:${port}`
    const opened = await openServerWarehouse({ url, migrations: 'as-it-is' })
    if (!opened.ok) throw new Error(opened.error.message)
    expect(Buffer.from(await opened.value.queryText('SELECT 1', 'CSV')).toString()).toBe('1\n')
    await opened.value.close()
    strict.close()
  })

  it('is newer than this program', async () => {
    await engine.insertRows('migrations', [{ number: 9999, name: 'of-tomorrow' }], 'tomorrow')
    const sentence = await refusal(urlOf(proxy.port))
    expect(sentence).toMatch(/^the warehouse has migration 9999, .* update goldpan, nothing was/)
    await engine.command(
      'ALTER TABLE migrations DELETE WHERE number = 9999 SETTINGS mutations_sync = 2',
    )
    expect(await migrate(engine)).toEqual({ ok: true, value: [] })
  })

  it('is older than this program: a reader says so, nothing is changed', async () => {
    const last = readMigrations().findLast(({ onlyOnServer }) => !onlyOnServer)!.number
    await engine.command(
      `ALTER TABLE migrations DELETE WHERE number = ${last} SETTINGS mutations_sync = 2`,
    )
    const where = urlOf(proxy.port)
    expect(
      (await refusal({ ...where, migrations: 'check' })).replace(
        /\S+:\d+\S* lacks 1 of \d+/,
        'URL lacks 1 of N',
      ),
    ).toBe(
      'the warehouse URL lacks 1 of N migrations of this goldpan: ' +
        'run goldpan migrate --warehouse with a user that may create tables',
    )
    expect(await refusal(where)).toBe('opened')
  })

  it.each([
    'http://user:secret@host:8123/db',
    'ftp://host/db',
    'http://host/a/b',
    'http://host/db?x=1',
    'http://',
  ])('has an address that is refused without a connection: %s', async (url) => {
    const sentence = await refusal({ url })
    expect(sentence).not.toContain('secret')
    expect(sentence).toMatch(/: (?:write http|put it in a file)/)
  })
})

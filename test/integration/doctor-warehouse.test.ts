import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, request, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { formatWarehouseTime } from '@goldpan/warehouse'
import { type EmbeddedWarehouse, openEmbeddedWarehouse } from '@goldpan/warehouse-embedded'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { doctorIn } from './run-doctor.ts'

/** Stages behind the bus, each broken by itself: the doctor names that one. */

const folder = mkdtempSync(join(tmpdir(), 'goldpan-doctor-warehouse-'))
afterAll(() => rmSync(folder, { recursive: true }))

const doctor = doctorIn(folder)

describe('the doctor at the warehouse', () => {
  let engine: EmbeddedWarehouse
  let words: readonly string[]
  let port: number
  beforeAll(async () => {
    const opened = await openEmbeddedWarehouse({ folder: join(folder, 'warehouse') })
    if (!opened.ok) throw new Error(opened.error.message)
    engine = opened.value
    port = await engine.serve(0)
    words = ['--warehouse', `http://default@127.0.0.1:${port}`]
  })
  afterAll(() => engine.close())
  beforeEach(() => hear('one', -3))
  afterEach(async () => {
    for (const table of ['sensor_status', 'analyzer_states']) {
      await engine.command(`TRUNCATE TABLE ${table}`)
    }
  })

  async function hear(sensor: string, offSeconds: number, service = 'ns1.example'): Promise<void> {
    const time = formatWarehouseTime((Date.now() + offSeconds * 1000) * 1000)
    const row = { service, site: 'ams', sensor, time, final: false }
    await engine.insertRows('sensor_status', [row], `${service}/${sensor}/${time}`)
  }

  async function decide(service: string, minutesAgo: number): Promise<void> {
    const minute = Math.floor(Date.now() / 60_000) - minutesAgo
    const state = { service, minute, digest: '', watcher: 'test', state: '' }
    await engine.insertRows('analyzer_states', [state], `state/${service}/${minute}`)
  }

  it('names the migrations when the tables are older than the program', async () => {
    const kept = await engine.query<{ number: number; name: string }>('SELECT * FROM migrations')
    await engine.command('DELETE FROM migrations WHERE number = 8')
    const { code, stopsAt, text, passed } = await doctor(words)
    const missing = kept.filter(({ number }) => number === 8)
    await engine.insertRows('migrations', missing, 'again')
    expect({ code, stopsAt, passed }).toEqual({
      ...{ code: 1, stopsAt: 'migrations', passed: ['warehouse'] },
    })
    expect(text).toMatch(/lacks 1 of \d+ migrations of this goldpan/)
  })

  it('names the analyzer when it lags', async () => {
    await decide('ns1.example', 30)
    const { code, stopsAt, text, passed } = await doctor(words)
    expect({ code, stopsAt }).toEqual({ code: 1, stopsAt: 'analyzer' })
    expect(text).toMatch(/the last minute of ns1\.example was decided (?:29|30) minutes ago/)
    expect(passed).toEqual(['warehouse', 'migrations', 'disk', 'clock', 'rows'])
  })

  it('names the analyzer when it lags at one of two services that sensors report of', async () => {
    await hear('one', -3, 'ns2.example')
    await decide('ns1.example', 1)
    await decide('ns2.example', 30)
    await decide('gone.example', 5000)
    const { stopsAt, text } = await doctor(words)
    expect(stopsAt).toBe('analyzer')
    expect(text).toContain('the last minute of ns2.example')
  })

  it('does not ask for minutes of a service that nobody reports of any more', async () => {
    await decide('ns1.example', 1)
    await decide('gone.example', 5000)
    const { code, stopsAt } = await doctor(words)
    expect({ code, stopsAt }).toEqual({ code: 0, stopsAt: null })
  })

  it('names the clock when a sensor is an hour behind and reports on', async () => {
    await hear('late', -3600)
    const reporting = setInterval(() => void hear('late', -3600), 700)
    const { stopsAt, text } = await doctor(words)
    clearInterval(reporting)
    expect(stopsAt).toBe('clock')
    expect(text).toMatch(/the clock of the sensor ns1\.example\/ams\/late is 3[56]\d\d s behind/)
  })

  it('names the rows when every sensor is silent, and no clock', async () => {
    await engine.command('TRUNCATE TABLE sensor_status')
    await hear('silent', -3600)
    const { stopsAt, text } = await doctor(words)
    expect(stopsAt).toBe('rows')
    expect(text).toMatch(/the newest report of a sensor is 36\d\d s old/)
  })

  describe('of a user without rights', () => {
    let server: Server
    let refusal = /nothing/
    beforeAll(async () => {
      // The embedded engine has no users of its own: what a server says stands in front of it.
      server = createServer(async (incoming, response) => {
        const body = await buffer(incoming)
        const query = new URL(incoming.url!, 'http://x').searchParams.get('query') ?? String(body)
        if (refusal.test(query)) {
          const says = 'Code: 497. DB::Exception: estimator: Not enough privileges. (ACCESS_DENIED)'
          response.writeHead(403, { 'X-ClickHouse-Exception-Code': '497' }).end(says)
          return
        }
        const { method, url: path, headers } = incoming
        const forwarded = request({ host: '127.0.0.1', port, method, path, headers }, (answer) => {
          response.writeHead(answer.statusCode!, answer.headers)
          answer.pipe(response)
        })
        forwarded.end(body)
      })
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    })
    afterAll(() => server.close())

    const ask = (estimator: boolean) => {
      const url = `http://default@127.0.0.1:${(server.address() as AddressInfo).port}`
      const env: Record<string, string> = estimator ? { GOLDPAN_ESTIMATE_GROUP: 'g' } : {}
      return doctor(['--warehouse', url], { env })
    }

    it('names the rights when the estimator may not insert', async () => {
      refusal = /^INSERT INTO traffic/
      const { code, stopsAt, text, passed } = await ask(true)
      expect({ code, stopsAt, passed }).toEqual({
        ...{ code: 1, stopsAt: 'rights', passed: ['warehouse', 'migrations'] },
      })
      expect(text).toMatch(/may not insert into traffic .*GRANT goldpan_writer/)
    })

    it('does not ask for rights to insert where no estimator is', async () => {
      refusal = /^INSERT/
      expect(await ask(false)).toMatchObject({ code: 0, stopsAt: null })
    })

    it('passes over what its user may not read', async () => {
      refusal = /^(?:SELECT|WITH).*(?:sensor_status|analyzer_states|system\.disks)/s
      const { stopsAt, passed } = await ask(true)
      expect({ stopsAt, passed }).toEqual({
        ...{ stopsAt: null, passed: ['warehouse', 'migrations', 'rights'] },
      })
    })
  })
})

describe('the doctor at a bus that is a folder', () => {
  it('passes one that can be written, and says that it is empty', async () => {
    mkdirSync(join(folder, 'bus'))
    const { stopsAt, passed } = await doctor(['--bus', `file:${join(folder, 'bus')}`])
    expect({ stopsAt, passed }).toEqual({ stopsAt: null, passed: ['broker'] })
  })

  it('names it when it is not there', async () => {
    const { code, stopsAt, text } = await doctor(['--bus', `file:${join(folder, 'nowhere')}`])
    expect({ code, stopsAt }).toEqual({ code: 1, stopsAt: 'broker' })
    expect(text).toMatch(/the folder .*nowhere of the bus cannot be used/)
  })

  it('names it when it is a file', async () => {
    writeFileSync(join(folder, 'file'), '')
    const { stopsAt } = await doctor(['--bus', `file:${join(folder, 'file')}`])
    expect(stopsAt).toBe('broker')
  })

  it.skipIf(process.getuid?.() === 0)(
    'names it when this user may not write there (needs an ordinary user)',
    async () => {
      mkdirSync(join(folder, 'closed'))
      chmodSync(join(folder, 'closed'), 0o500)
      const { stopsAt } = await doctor(['--bus', `file:${join(folder, 'closed')}`])
      expect(stopsAt).toBe('broker')
    },
  )
})

import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { writeWorld } from '@goldpan/simulator'
import { openServerWarehouse, type Warehouse } from '@goldpan/warehouse'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { smallWorld } from '../integration/small-world.ts'
import { WarehouseServer } from './warehouse-server.ts'

/** `goldpan estimate --from file:DIR`: what sensors wrote to a folder, into a warehouse. */

const main = fileURLToPath(new URL('../../cli/src/main.ts', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'goldpan-estimate-folder-'))
const env = { ...process.env, XDG_STATE_HOME: join(folder, 'state') }
const server = new WarehouseServer(join(folder, 'served'))

function run(words: readonly string[], more: Record<string, string> = {}) {
  const options = { cwd: folder, env: { ...env, ...more } }
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...words], options)
  return { code: status, out: String(stdout), said: String(stderr) }
}

const goldpan = (line: string) => run(line.split(' '))

let rows: number
beforeAll(async () => {
  await writeWorld(smallWorld({ hours: 0.1 }), { folder, packets: true })
  rows = goldpan('handshakes ams.pcap').out.split('\n').length - 2
  for (const sensor of ['one', 'two']) {
    const words = `--service s --site ams --sensor ${sensor} --to file:bus`
    expect(goldpan(`capture -r ams.pcap ${words}`).code).toBe(0)
  }
  await server.start()
})
afterAll(async () => {
  await server.kill()
  rmSync(folder, { recursive: true })
})

const counted = (warehouse: string, what: string): string =>
  run(['sql', what, '--warehouse', warehouse, '--format', 'CSV']).out.trim()

describe('goldpan estimate --from file:DIR', () => {
  const estimate = 'estimate --from file:bus --warehouse kept --networks networks.csv'

  it('fills a warehouse with what all sensors wrote, enriched', () => {
    expect(goldpan(`${estimate} --sites sites.csv`).code).toBe(0)
    expect(counted('kept', 'select count(),uniqExact(sensor) from handshakes')).toBe(
      `${2 * rows},2`,
    )
    expect(counted('kept', 'select countIf(asn is null) from handshakes')).toBe('0')
    expect(counted('kept', 'select count()>0 from traffic')).toBe('1')
    expect(counted('kept', 'select count()>0 from sensor_status')).toBe('1')
  })

  it('changes nothing when it is run again', () => {
    expect(goldpan(estimate).code).toBe(0)
    expect(counted('kept', 'select count() from handshakes')).toBe(`${2 * rows}`)
  })

  it('ends with 3 where a segment is damaged, and takes the rest', () => {
    const source = join(folder, 'bus', readdirSync(join(folder, 'bus'))[0]!)
    const segment = join(source, readdirSync(source).find((name) => !/pid|cursor/.test(name))!)
    const whole = readFileSync(segment)
    writeFileSync(segment, whole.subarray(0, whole.length - 9))
    const { code, said } = goldpan(estimate.replace('kept', 'other'))
    writeFileSync(segment, whole)
    expect(code).toBe(3)
    expect(said).toMatch(/s\+ams\+one: segment 1 is damaged at byte \d+/)
    expect(counted('other', `select count()>=${rows} from handshakes`)).toBe('1')
  })

  it('says in one sentence that there is no such folder', () => {
    const { code, said } = goldpan('estimate --from file:nowhere --warehouse kept')
    expect([code, said.trim().split('\n').length]).toEqual([1, 1])
    expect(said).toContain('nowhere')
  })
})

describe('the configured retention', () => {
  const estimate = (retention: string) =>
    run(
      [
        ...['estimate', '--from', 'file:bus'],
        ...['--warehouse', `http://default@127.0.0.1:${server.port}/default`],
      ],
      { GOLDPAN_WAREHOUSE_RETENTION: retention },
    )
  const ttlOf = async (table: string): Promise<string | undefined> => {
    const opened = await openServerWarehouse({ url: `http://default@127.0.0.1:${server.port}` })
    if (!opened.ok) throw new Error(opened.error.message)
    const warehouse: Warehouse = opened.value
    const [row] = await warehouse.query<{ engine_full: string }>(
      `SELECT engine_full FROM system.tables
       WHERE database = currentDatabase() AND name = {table:String}`,
      { table },
    )
    await warehouse.close()
    return /toIntervalDay\((\d+)\)/.exec(row!.engine_full)?.[1]
  }

  it('is applied by an estimator that may, once', async () => {
    const first = estimate('handshakes=4000d')
    expect([first.code, await ttlOf('handshakes'), await ttlOf('traffic')]).toEqual([
      0,
      '4000',
      '14',
    ])
    expect(first.said).toContain('the retention was changed')
    expect(estimate('handshakes=4000d').said).not.toContain('the retention was changed')
  })

  it('that is none is one sentence', () => {
    const { code, said } = estimate('handshakes=soon')
    expect(code).toBe(1)
    expect(said).toContain(
      'warehouse.retention: handshakes=soon is no retention: write TABLE=DAYSd',
    )
  })
})

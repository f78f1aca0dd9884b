import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createMetrics, type HealthServer, serveHealth } from '@goldpan/runtime'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { configSections } from '../../cli/src/config-sections.ts'

const main = fileURLToPath(new URL('../../cli/src/main.ts', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'goldpan-operations-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** The environment without what this machine says to Goldpan. */
const cleanEnv = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !name.startsWith('GOLDPAN_')),
)

function goldpan(words: readonly string[], env: Record<string, string> = {}) {
  const options = { cwd: folder, encoding: 'utf8', env: { ...cleanEnv, ...env } } as const
  const child = spawnSync(process.execPath, [main, ...words], options)
  return { code: child.status, out: child.stdout, err: child.stderr }
}

/** The same beside this process, which has to answer. */
function goldpanBeside(
  words: readonly string[],
  env: Record<string, string> = {},
): Promise<{ code: number | null; text: string }> {
  const merged = { ...cleanEnv, ...env }
  const child: ChildProcess = spawn(process.execPath, [main, ...words], { env: merged })
  let text = ''
  child.stdout!.on('data', (chunk) => (text += chunk))
  child.stderr!.on('data', (chunk) => (text += chunk))
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, text })))
}

function writeConfig(yaml: string): void {
  writeFileSync(join(folder, 'goldpan.yaml'), yaml)
}
const config = ['--config', 'goldpan.yaml']

describe('goldpan check', () => {
  it('says that a configuration is right', () => {
    writeConfig('bus:\n  url: kafka://b1:9092,b2:9092\n')
    expect(goldpan(['check', ...config])).toMatchObject({ code: 0, err: '' })
  })

  it('names each mistake with its line and ends with 1', () => {
    writeConfig('bus:\n  ulr: kafka://b1:9092\nlog:\n  level: loud\n')
    expect(goldpan(['check', ...config])).toEqual({
      code: 1,
      out: '',
      err: [
        'goldpan: goldpan.yaml:2: bus.ulr is no setting: did you mean bus.url?',
        'goldpan: goldpan.yaml:4: log.level needs one of debug, info, warn, error, not "loud"',
        '',
      ].join('\n'),
    })
  })

  it('reads the file that the environment names', () => {
    writeConfig('log: {level: loud}\n')
    expect(goldpan(['check'], { GOLDPAN_CONFIG: 'goldpan.yaml' }).code).toBe(1)
  })
})

describe('goldpan dump-config', () => {
  it('prints a configuration that means the same, with sources and without secrets', () => {
    writeFileSync(join(folder, 'secret'), 'hunter2\n', { mode: 0o600 })
    writeConfig('bus:\n  sasl_password_file: secret\nlog:\n  level: warn\n')
    const { code, out } = goldpan(['dump-config', ...config], { GOLDPAN_BUS_PARTITIONS: '3' })
    expect(code).toBe(0)
    expect(out).toMatch(/^ {2}sasl_password_file: secret +# goldpan.yaml:2, its content is not/m)
    expect(out).toMatch(/^ {2}partitions: 3 +# GOLDPAN_BUS_PARTITIONS$/m)
    expect(out).toMatch(/^ {2}level: warn +# goldpan.yaml:4$/m)
    expect(out).not.toContain('hunter2')
    writeConfig(out)
    const again = goldpan(['dump-config', ...config])
    const withoutSources = (text: string) => text.replaceAll(/ +#.*/g, '')
    expect(withoutSources(again.out)).toBe(withoutSources(out))
  })

  it('knows every section of the file', () => {
    expect(Object.keys(configSections)).toContain('http')
  })
})

describe('the pages of docs/how-to', () => {
  it('name only metrics that a service has', () => {
    const docs = fileURLToPath(new URL('../../docs/', import.meta.url))
    const reference = readFileSync(`${docs}reference/metrics.md`, 'utf8')
    const named = globSync('how-to/*.md', { cwd: docs }).flatMap((page) =>
      [
        ...readFileSync(docs + page, 'utf8').matchAll(/goldpan_(?:capture|estimate|watch)_\w+/g),
      ].map(([name]) => name),
    )
    expect(named.length).toBeGreaterThan(4)
    expect(named.filter((name) => !reference.includes(`\`${name}\``))).toEqual([])
  })
})

describe('goldpan version', () => {
  it('says what it runs on and which native parts are there', () => {
    const facts = JSON.parse(goldpan(['version', '--json']).out)
    expect(facts).toMatchObject({ node: process.versions.node, platform: process.platform })
    expect(Object.keys(facts.native)).toEqual(['pcap', 'chdb'])
    expect(goldpan(['version']).out).toBe(`goldpan ${facts.version}\n`)
  })
})

describe('goldpan healthcheck', () => {
  const servers: HealthServer[] = []
  afterEach(async () => {
    for (const server of servers.splice(0)) await server.close()
  })
  async function serve(notReady: readonly string[]): Promise<string> {
    const metrics = createMetrics({ component: 'capture', withProcess: false })
    const listen = '127.0.0.1:0'
    const served = await serveHealth({ listen, metrics, isReady: () => ({ notReady }) })
    if (!served.ok) throw new Error(served.error)
    servers.push(served.value)
    return served.value.url!
  }

  it('ends with 0 when the service is ready', async () => {
    const url = await serve([])
    expect(await goldpanBeside(['healthcheck', '--url', url])).toEqual({
      code: 0,
      text: `${url} is ready\n`,
    })
  })

  it('says why the service is not ready, though it is alive', async () => {
    const url = await serve(['the broker is away since 12 s'])
    expect(await goldpanBeside(['healthcheck', '--url', url])).toEqual({
      code: 1,
      text: `goldpan: ${url} is not ready: the broker is away since 12 s\n`,
    })
    expect((await goldpanBeside(['healthcheck', '--alive', '--url', url])).code).toBe(0)
  })

  it('ends with 1 when no service answers', async () => {
    const { code, text } = await goldpanBeside(['healthcheck', '--url', 'http://127.0.0.1:1'])
    expect(code).toBe(1)
    expect(text).toMatch(/no service answers at http:\/\/127\.0\.0\.1:1/)
  })
})

describe.each(['estimate', 'watch'])(
  'goldpan %s before a warehouse that says nothing',
  (command) => {
    it('says so while it tries again, and ends with a sentence', async () => {
      const silent = createServer().listen(0, '127.0.0.1')
      await once(silent, 'listening')
      const { port } = silent.address() as AddressInfo
      const env = {
        ...{ GOLDPAN_WAREHOUSE_QUERY_TIMEOUT: '1s', GOLDPAN_WAREHOUSE_RETRY_TIMEOUT: '1500ms' },
        ...{ GOLDPAN_BUS_URL: 'kafka://127.0.0.1:1', GOLDPAN_LOG_LEVEL: 'warn' },
        GOLDPAN_WAREHOUSE_URL: `http://default@127.0.0.1:${port}`,
      }
      const { code, text } = await goldpanBeside([command], env)
      silent.close()
      const [tries, end] = text.trimEnd().split('\n')
      expect(JSON.parse(tries!).message).toBe(
        'the warehouse did not take a statement, trying again',
      )
      expect(end).toMatch(/^goldpan: the warehouse http:.* does not answer .*check that it runs/)
      expect(code).toBe(1)
    })
  },
)

import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { writeWorld } from '@goldpan/simulator'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { smallWorld } from './small-world.ts'

const main = fileURLToPath(new URL('../../cli/src/main.ts', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'goldpan-watch-command-'))
const world = smallWorld({
  hours: 2.5,
  globalNetworks: 2,
  events: [{ kind: 'polarization', network: 0, site: 'iad', startHour: 1.25 }],
})
const env = {
  ...process.env,
  XDG_STATE_HOME: join(folder, 'state'),
  GOLDPAN_WAREHOUSE_RETRY_TIMEOUT: '1s',
}

function goldpan(...words: string[]) {
  const child = spawnSync(process.execPath, [main, ...words], {
    cwd: folder,
    encoding: 'utf8',
    env,
  })
  return { code: child.status, out: child.stdout, err: child.stderr }
}

beforeAll(async () => {
  await writeWorld(world, { folder, packets: true })
  const inputs = world.sites.map((site) => `${site}=${site}.pcap`)
  const places = ['--sites', 'sites.csv', '--networks', 'networks.csv', '--warehouse', 'warehouse']
  const { code, err } = goldpan('analyze', ...inputs, '--service', world.service, ...places)
  if (code !== 0) throw new Error(err)
})
afterAll(() => rmSync(folder, { recursive: true }))

const findings = (): string =>
  goldpan('findings', '--format', 'json', '--warehouse', 'warehouse').out

it('leaves the findings of analyze as they are when it catches up', () => {
  const before = JSON.parse(findings())
  expect(before.length).toBeGreaterThan(0)
  const { code, err } = goldpan('watch', '--warehouse', 'warehouse', '--until-caught-up')
  expect(code, err).toBe(0)
  expect(err).toContain(before[0].sentence)
  expect(JSON.parse(findings())).toEqual(before)
})

it('says once what cannot be found without networks, and what to do', () => {
  const inputs = world.sites.map((site) => `${site}=${site}.pcap`)
  const { code } = goldpan('analyze', ...inputs, '--service', world.service, '--warehouse', 'blind')
  expect(code).toBe(0)
  const { err } = goldpan('watch', '--warehouse', 'blind', '--until-caught-up')
  expect(err.split('neither network nor country is known of all')).toHaveLength(2)
  expect(err).toMatch(/nothing can be found there; give goldpan estimate a file with --networks/)
})

it('serves metrics beside others, and ends in order when it is told to', async () => {
  const watching = spawn(process.execPath, [main, 'watch', '--warehouse', 'warehouse'], {
    cwd: folder,
    env: { ...env, GOLDPAN_HTTP_WATCH_LISTEN: '127.0.0.1:0' },
  })
  const log = text(watching.stderr!)
  const url = await healthUrlOf(watching)
  const ready = await fetch(`${url}/readyz`)
  expect(ready.status).toBe(200)
  expect(findings()).toContain('polarization')
  const metrics = await (await fetch(`${url}/metrics`)).text()
  expect(metrics).toMatch(/goldpan_watch_decided_until_seconds\{service="ns1.example"\} \d+/)
  expect(metrics).toMatch(/goldpan_watch_prefixes\{[^}]*known="network_and_country"\} [1-9]\d+/)
  watching.kill('SIGTERM')
  const [code] = await once(watching, 'exit')
  expect(code, await log).toBe(143)
})

async function healthUrlOf(child: ChildProcess): Promise<string> {
  let seen = ''
  for await (const [chunk] of onData(child)) {
    seen += chunk
    const url = /"health":"([^"]+)"/.exec(seen)?.[1]
    if (url) return url
  }
  throw new Error(`it does not serve: ${seen}`)
}

async function* onData(child: ChildProcess): AsyncGenerator<[string]> {
  for (;;) {
    const [chunk] = await Promise.race([
      once(child.stderr!, 'data'),
      once(child, 'exit').then(() => [undefined]),
    ])
    if (chunk === undefined) return
    yield [String(chunk)]
  }
}

it.each([
  ['http://goldpan@127.0.0.1:1/goldpan', /127\.0\.0\.1:1/],
  ['http://goldpan:secret@127.0.0.1:1/x', /password does not belong in a URL/],
  ['missing', /there is no warehouse in missing: run goldpan analyze first/],
])(
  'says what is wrong with the warehouse %s and writes nothing',
  (warehouse, sentence) => {
    const { code, err } = goldpan('watch', '--warehouse', warehouse, '--until-caught-up')
    expect(code).toBe(1)
    const lines = err.trim().split('\n')
    expect(lines.at(-1)).toMatch(sentence)
    // A try that failed is told in the log, once a minute at most.
    for (const line of lines.slice(0, -1)) expect(JSON.parse(line)).toMatchObject({ level: 'warn' })
    expect(lines.length).toBeLessThanOrEqual(2)
  },
  30_000,
)

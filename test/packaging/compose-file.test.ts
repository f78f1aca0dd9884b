import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { findTool, missingTools } from '../integration/tools.ts'
import { type ComposeFile, passwords, readComposeFile, root } from './compose-file.ts'
import { complaintsOf, composeSchemaText } from './compose-schema.ts'

const file = readComposeFile(passwords)
const services = Object.entries(file.services)
const composeText = readFileSync(join(root, 'docker-compose.yml'), 'utf8')
const goModule = readFileSync(join(root, 'test/packaging/compose/go.mod'), 'utf8')
const go = findTool('go') ?? (existsSync('/usr/local/go/bin/go') ? '/usr/local/go/bin/go' : '')
const withoutGo = go === '' ? missingTools(['go']) : undefined

describe('docker-compose.yml', () => {
  it.each(services)('pins the image of %s', (_name, { image }) => {
    expect(image).toMatch(/^[a-z0-9/-]+:\d+\.\d+\.\d+[.\w-]*$/)
  })

  it.each(services)('can tell whether %s is healthy, or waits for its end', (_name, service) => {
    if (service.healthcheck?.disable) expect(service.restart).toBe('on-failure')
    else expect(service.healthcheck?.test?.length).toBeGreaterThan(1)
  })

  it.each(services)('lets nobody but this host reach the ports of %s', (_name, { ports = [] }) => {
    for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:\d+:\d+$/)
  })

  it.each(services)('starts %s when what it needs is there', (_name, { depends_on = {} }) => {
    for (const [needed, { condition }] of Object.entries(depends_on)) {
      expect(Object.keys(file.services)).toContain(needed)
      expect(['service_healthy', 'service_completed_successfully']).toContain(condition)
    }
  })

  it.each(Object.keys(passwords))('does not start without %s, and says what to do', (name) => {
    const { [name as keyof typeof passwords]: _, ...others } = passwords
    expect(() => readComposeFile(others)).toThrow(
      `required variable ${name} is missing a value: is not set, run packaging/make-env`,
    )
  })

  it.each(services)('can write the secrets of %s for its user', (_name, service) => {
    const { read_only = false, secrets = [] } = service
    if (secrets.length > 0) expect(read_only).toBe(false)
    for (const { source, uid, mode } of secrets) {
      expect(file.secrets).toHaveProperty(source)
      expect({ uid, mode }).toEqual({ uid: '65532', mode: '0400' })
    }
  })

  it('mounts only what is there', () => {
    const mounted = services.flatMap(([, { volumes = [] }]) => volumes)
    const paths = mounted.map((volume) => volume.split(':')[0]!).filter((path) => /^\./.test(path))
    expect(paths.length).toBeGreaterThan(3)
    for (const path of paths) expect(existsSync(join(root, path)), path).toBe(true)
  })

  it('gives Grafana all that its provisioning asks for', () => {
    const { environment = {} } = file.services.grafana!
    const text = readFileSync(
      join(root, 'dashboards/provisioning/datasources/goldpan.yaml'),
      'utf8',
    )
    for (const [, name] of text.matchAll(/\$\{(\w+)\}/g)) expect(environment).toHaveProperty(name!)
    expect(environment).toHaveProperty('GOLDPAN_RUNBOOKS')
  })

  it('is what the Compose specification’s schema allows', () => {
    expect(complaintsOf(composeText, passwords)).toEqual([])
  })

  it.each([
    [
      '    restart: unless-stopped\n',
      '    restrat: always\n',
      /\/services\/kafka must NOT have unevaluated .* \(restrat\)/,
    ],
    ['      interval: 20s\n', '      interval: [20]\n', /healthcheck\/interval must be string/],
    [
      'condition: service_healthy',
      'condition: service_well',
      /must be equal to one of the allowed/,
    ],
    ['    mem_limit: 1g\n', '    mem_limit: {}\n', /\/services\/capture\/mem_limit must be/],
  ])('would be told by the schema when %j became %j', (from, to, complaint) => {
    expect(composeText).toContain(from)
    const complaints = complaintsOf(composeText.replace(from, to), passwords)
    expect(complaints.join('\n')).toMatch(complaint)
  })

  it('is held against the schema that its NOTICE names', () => {
    const notice = readFileSync(join(root, 'test/packaging/compose-spec/NOTICE'), 'utf8')
    expect(notice).toContain(createHash('sha256').update(composeSchemaText).digest('hex'))
    const { require: wanted } = /compose-go\/v2 v(?<require>\S+)/.exec(goModule)!.groups!
    expect(notice).toContain(`compose-go ${wanted}`)
  })

  // Beyond the schema: compose's own interpolation and merging must resolve as this test's do.
  it.skipIf(withoutGo)(
    'is what the Compose specification’s own loader (compose-go 2.16.2) accepts and resolves alike',
    { timeout: 180_000 },
    () => {
      const { status, stdout, stderr } = spawnSync(
        go,
        ['run', '.', join(root, 'docker-compose.yml')],
        {
          cwd: join(root, 'test/packaging/compose'),
          encoding: 'utf8',
          env: { ...process.env, ...passwords },
          maxBuffer: 2 ** 26,
        },
      )
      expect(status, stderr).toBe(0)
      const resolved = JSON.parse(stdout) as ComposeFile
      expect(Object.keys(resolved.services).sort()).toEqual(services.map(([name]) => name).sort())
      for (const [name, { image, command, environment }] of services) {
        const theirs = resolved.services[name]!
        expect([name, theirs.image, theirs.command ?? undefined]).toEqual([name, image, command])
        expect(theirs.environment ?? {}).toEqual(environment ?? {})
      }
    },
  )
})

describe('packaging/make-env', () => {
  it('writes every password once, for this user’s eyes alone', () => {
    const folder = mkdtempSync(join(tmpdir(), 'goldpan-env-'))
    spawnSync('mkdir', [join(folder, 'packaging')])
    spawnSync('cp', [join(root, 'packaging/make-env'), join(folder, 'packaging/')])
    const run = () => spawnSync(join(folder, 'packaging/make-env'), { encoding: 'utf8' })
    expect(run().status).toBe(0)
    const text = readFileSync(join(folder, '.env'), 'utf8')
    for (const name of Object.keys(passwords)) {
      expect(text).toMatch(new RegExp(`^${name}=[0-9a-f]{48}$`, 'm'))
    }
    expect(spawnSync('stat', ['-c', '%a', join(folder, '.env')]).stdout.toString()).toBe('600\n')
    const again = run()
    expect([again.status, again.stderr]).toEqual([1, expect.stringContaining('is there already')])
    expect(readFileSync(join(folder, '.env'), 'utf8')).toBe(text)
    rmSync(folder, { recursive: true })
  })
})

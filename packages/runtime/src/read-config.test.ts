import { chmodSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { busSection } from './bus-section.ts'
import { duration, flag, integer, list, secretFile, size, text } from './config-key.ts'
import { section } from './config-section.ts'
import { readConfig } from './read-config.ts'
import { httpSection, logSection } from './shared-sections.ts'

const folder = mkdtempSync(join(tmpdir(), 'goldpan-config-'))

function writeConfig(yaml: string): string {
  const file = join(folder, 'goldpan.yaml')
  writeFileSync(file, yaml)
  return file
}

const sections = {
  capture: section('A sensor.', {
    site: text({ required: true, about: 'Its site.' }),
    snaplen: integer({ default: 192, min: 64, max: 65_535, unit: 'bytes', about: 'Bytes kept.' }),
    batch_age: duration({ default: '1s', max: '1m', about: 'Oldest row of a batch.' }),
    spool_size: size({ default: '10GB', about: 'Bytes of the spool.' }),
    promiscuous: flag({ default: false, about: 'Whether frames for others are read.' }),
    ports: list({ default: ['53'], pattern: /^\d+$/, about: 'Server ports.' }),
    token_file: secretFile({ about: 'A secret.' }),
  }),
  log: logSection,
}

/** The sentences about a configuration, the folder left out. */
function mistakes(yaml: string, env: Record<string, string> = {}): string[] {
  const read = readConfig(sections, { file: writeConfig(yaml), env })
  if (read.ok) return []
  return read.error.sentences.map((sentence) => sentence.replaceAll(`${folder}/`, ''))
}

it('takes the command line before the environment before the file before the default', () => {
  const file = writeConfig('capture:\n  site: file\n  snaplen: 100\n  batch_age: 250ms\n')
  const read = readConfig(sections, {
    file,
    env: { GOLDPAN_CAPTURE_SITE: 'environment', GOLDPAN_CAPTURE_SNAPLEN: '200' },
    overrides: { 'capture.site': 'command', 'capture.snaplen': undefined },
  })
  if (!read.ok) throw new Error(read.error.message)
  expect(read.value.config).toEqual({
    capture: {
      site: 'command',
      snaplen: 200,
      batch_age: 250,
      spool_size: 10e9,
      promiscuous: false,
      ports: ['53'],
      token_file: undefined,
    },
    log: { level: 'info' },
  })
  expect(read.value.entries.slice(0, 4).map(({ key, source }) => [key, source])).toEqual([
    ['site', { from: 'command line' }],
    ['snaplen', { from: 'environment', variable: 'GOLDPAN_CAPTURE_SNAPLEN' }],
    ['batch_age', { from: 'file', file, line: 4 }],
    ['spool_size', { from: 'default' }],
  ])
})

it('refuses unknown sections, keys and variables, and says which one was meant', () => {
  expect(
    mistakes('capture:\n  site: ams\n  snaplem: 100\nlogs:\n  level: info\n', {
      GOLDPAN_CAPTURE_SIT: 'x',
      GOLDPAN_YARDSTICK: 'none of ours',
    }),
  ).toEqual([
    'GOLDPAN_CAPTURE_SIT is no setting: did you mean GOLDPAN_CAPTURE_SITE?',
    'goldpan.yaml:4: logs is no section: did you mean log?',
    'goldpan.yaml:3: capture.snaplem is no setting: did you mean capture.snaplen?',
  ])
})

it('leaves the sections of other services alone', () => {
  expect(mistakes('capture: {site: ams}\nestimate: {group: x}\n')).toEqual([])
})

it('says in one sentence what is wrong with a value, where, and what it needs', () => {
  expect(
    mistakes(
      [
        'capture:',
        '  site: 7',
        '  snaplen: 12',
        '  batch_age: 5',
        '  spool_size: much',
        '  promiscuous: perhaps',
        '  ports: [53, http]',
        '  token_file: nowhere',
        'log:',
        '  level: loud',
      ].join('\n'),
    ),
  ).toEqual([
    'goldpan.yaml:2: capture.site cannot be 7: put it in quotes, it is text',
    'goldpan.yaml:3: capture.snaplen needs a whole number of bytes from 64 to 65535, not 12',
    'goldpan.yaml:4: capture.batch_age needs a duration such as 250ms, 10s, 5m, 12h or 7d from 0s' +
      ' to 1m, not 5',
    'goldpan.yaml:5: capture.spool_size needs a size such as 64kB, 256MB or 10GB, not "much"',
    'goldpan.yaml:6: capture.promiscuous needs true or false, not "perhaps"',
    'goldpan.yaml:7: capture.ports needs a list of texts, not [53,"http"]',
    'goldpan.yaml:8: capture.token_file names nowhere, which does not exist: correct the path',
    'goldpan.yaml:10: log.level needs one of debug, info, warn, error, not "loud"',
  ])
})

it('says what is required and not set', () => {
  expect(mistakes('')).toEqual([
    'capture.site is not set: it needs text, in the file or as GOLDPAN_CAPTURE_SITE',
  ])
})

it('names the line of what is no YAML, no section, or set twice', () => {
  expect(mistakes('capture:\n  site: "ams\n')[0]).toMatch(/^goldpan\.yaml:\d: this is no YAML/)
  expect(mistakes('capture:\n  site: a\n  site: b\n')[0]).toMatch(/^goldpan\.yaml:3: this is no/)
  expect(mistakes('capture: ams\n')[0]).toBe(
    'goldpan.yaml:1: capture is a section: put its keys below it, indented',
  )
  expect(mistakes('just text\n')[0]).toMatch(/^goldpan\.yaml:1: expected sections such as "bus:"/)
})

it('names a file that is not there', () => {
  const read = readConfig({ log: logSection }, { file: '/none/goldpan.yaml', env: {} })
  expect(read.ok ? '' : read.error.message).toMatch(/^\/none\/goldpan\.yaml cannot be read/)
})

it('warns of a secret that anyone can read, and refuses an empty one', () => {
  const secret = join(folder, 'secret')
  writeFileSync(secret, 'x\n')
  chmodSync(secret, 0o644)
  const inputs = { env: { GOLDPAN_CAPTURE_SITE: 'a', GOLDPAN_CAPTURE_TOKEN_FILE: secret } }
  const open = readConfig(sections, inputs)
  expect(open.ok && open.value.warnings).toEqual([
    'GOLDPAN_CAPTURE_TOKEN_FILE: capture.token_file: ' +
      `anyone can read ${secret}: chmod o-r ${secret}`,
  ])
  chmodSync(secret, 0o640)
  const closed = readConfig(sections, inputs)
  expect(closed.ok && closed.value.warnings).toEqual([])
  writeFileSync(secret, '\n')
  const empty = readConfig(sections, inputs)
  expect(empty.ok ? '' : empty.error.message).toContain(`${secret} is empty`)
})

it('refuses credentials in the URL of the bus', () => {
  const read = readConfig({ bus: busSection }, { env: { GOLDPAN_BUS_URL: 'kafka://u:p@b:9092' } })
  expect(read.ok ? '' : read.error.message).toMatch(/credentials do not belong in a URL/)
})

it('listens on the loopback unless told otherwise', () => {
  const read = readConfig({ http: httpSection }, { env: { GOLDPAN_HTTP_WATCH_LISTEN: 'off' } })
  expect(read.ok && read.value.config.http).toEqual({
    capture_listen: '127.0.0.1:9601',
    estimate_listen: '127.0.0.1:9602',
    watch_listen: 'off',
    stop_deadline: 30_000,
  })
})

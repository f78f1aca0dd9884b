import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Conversation, inOrder, pcapOf } from '../captures/conversation.ts'

/** `--services`: one capture of several services, told apart by their server addresses. */

const main = fileURLToPath(new URL('../../cli/src/main.ts', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'goldpan-services-'))
const env = { ...process.env, XDG_STATE_HOME: join(folder, 'state') }
afterAll(() => rmSync(folder, { recursive: true }))

const write = (name: string, bytes: string | Uint8Array): void =>
  writeFileSync(join(folder, name), bytes)

function goldpan(
  line: string,
  input?: Buffer,
): { code: number | null; out: string; said: string[] } {
  const words = line.split(' ')
  const ended = spawnSync(process.execPath, [main, ...words], { cwd: folder, env, input })
  const said = String(ended.stderr).split('\n').filter(Boolean)
  return { code: ended.status, out: String(ended.stdout), said }
}

/** Handshakes and queries over UDP of one server. */
function visit(server: string, handshakes: number, queries: number) {
  const client = server.includes(':') ? '2001:db8:7::7' : '198.51.100.7'
  const talks = Array.from({ length: handshakes }, (_, index) =>
    new Conversation({ client, server, clientPort: 40_000 + index })
      .syn(index * 1000)
      .synack(index * 1000 + 100)
      .ack(index * 1000 + 25_100),
  )
  const asking = new Conversation({ client, server })
  for (let index = 0; index < queries; index++) asking.udpQuery(index * 700)
  return [...talks, asking].flatMap(({ frames }) => frames)
}

beforeAll(() => {
  const frames = [
    ...visit('192.0.2.1', 11, 5),
    ...visit('2001:db8::1', 12, 6),
    ...visit('192.0.2.2', 13, 7),
    ...visit('192.0.2.3', 14, 0),
  ]
  write('all.pcap', pcapOf(inOrder(frames)))
  write(
    'services.csv',
    '\ufeffNote,service,ADDRESS\r\n"first, of two",ns1,192.0.2.1\r\n,ns1,2001:DB8:0::1\r\n' +
      ',ns2,::ffff:192.0.2.2\r\n',
  )
})

const unlisted = 'goldpan: ams: 42 packets are of servers that services.csv does not name'

interface Report {
  readonly service: string
  readonly captures: readonly { readonly counters: Record<string, number> }[]
  readonly coverage: readonly { handshakes: number; queries: number }[]
}

const totals = ({ service, captures, coverage }: Report) => ({
  service,
  handshakes: captures.map(({ counters }) => counters.handshakes),
  stored: coverage.reduce((sum, row) => sum + row.handshakes, 0),
  queries: coverage.reduce((sum, row) => sum + row.queries, 0),
})

const ns1 = { service: 'ns1', handshakes: [23], stored: 23, queries: 11 }
const ns2 = { service: 'ns2', handshakes: [13], stored: 13, queries: 7 }

describe('goldpan analyze --services', () => {
  const analyze = 'analyze ams=all.pcap --format json --services services.csv'

  it('reports each service by itself, and what is of none', () => {
    const { code, out, said } = goldpan(`${analyze} --html page.html`)
    expect([code, said]).toEqual([0, [unlisted]])
    const { findings, services } = JSON.parse(out)
    expect([findings, services.map(totals)]).toEqual([[], [ns1, ns2]])
    expect(existsSync(join(folder, 'page-ns2.html'))).toBe(true)
    const counted = 'select service, count() from handshakes group by service order by service'
    const sql = spawnSync(process.execPath, [main, 'sql', counted, '--format', 'CSV'], { env })
    expect(String(sql.stdout)).toBe('"ns1",23\n"ns2",13\n')
  })

  it('prints one report after the other as text', () => {
    const { out } = goldpan('analyze ams=all.pcap --services services.csv')
    expect(out.match(/^ns[12], /gm)).toEqual(['ns1, ', 'ns2, '])
  })

  it('with --service reports that one, as ever', () => {
    const { code, out } = goldpan(`${analyze} --service ns2`)
    expect([code, totals(JSON.parse(out))]).toEqual([0, ns2])
  })

  it('tells exported handshakes apart, too', () => {
    write('all.csv', goldpan('handshakes all.pcap').out)
    const { out } = goldpan(`analyze ams=all.csv --format json --services services.csv`)
    const rows = JSON.parse(out).services.map((each: Report) => totals(each).stored)
    expect(rows).toEqual([23, 13])
  })

  it('cannot read a pipe once for each', () => {
    expect(goldpan('analyze ams=- --services services.csv', Buffer.alloc(0))).toEqual({
      ...{ code: 1, out: '' },
      said: [
        'goldpan: - can be read once, not for each of 2 services: name a file, or one of them ' +
          'with --service',
      ],
    })
  })
})

describe('goldpan capture --services', () => {
  it('sends the handshakes of its service alone', () => {
    for (const service of ['ns1', 'ns2']) {
      const words = `--service ${service} --site ams --sensor a --to file:bus`
      const sent = goldpan(`capture -r all.pcap --services services.csv ${words}`)
      expect(sent.code).toBe(0)
    }
    const { code, out, said } = goldpan('analyze ams=bus --format json --services services.csv')
    expect([code, said]).toEqual([0, []])
    const rows = JSON.parse(out).services.map((each: Report) => totals(each))
    expect(rows).toEqual([ns1, ns2])
  })

  it('needs its service to be in the file', () => {
    const words = '--service ns3 --site ams --to file:bus'
    expect(goldpan(`capture -r all.pcap --services services.csv ${words}`)).toEqual({
      ...{ code: 2, out: '' },
      said: ['goldpan: services.csv has no address of ns3: it names ns1, ns2'],
    })
  })
})

describe('a file of services that cannot be used', () => {
  it.each([
    ['address\n192.0.2.1\n', 'line 1 lacks the column service: its header must name it'],
    ['address,service\n192.0.2,ns1\n', 'line 2: 192.0.2 is no address; mend'],
    ['address,service\n192.0.2.1,\n', 'line 2: 192.0.2.1 has no service; mend'],
    ['address,service\n,ns1\n', 'line 2: the row has no address; mend'],
    ['address,service\n192.0.2.1,a b\n', 'line 2: a b is no name of a service'],
    ['address,service\n::1,a\n::1,a\n::1,b\n', 'line 4: ::1 is of a already; mend'],
    ['address,service\n', 'names no service: give it lines of address,service'],
    ['', 'line 1 lacks the column address, service'],
  ])('%j is one sentence', (text, sentence) => {
    write('bad.csv', text)
    const { code, out, said } = goldpan('analyze ams=all.pcap --services bad.csv')
    expect([code, out, said.length]).toEqual([1, '', 1])
    expect(said[0]).toContain(`goldpan: bad.csv ${sentence}`)
  })

  it('is missing: one sentence, as for every file', () => {
    const { said } = goldpan('analyze ams=all.pcap --services nowhere.csv')
    expect(said).toEqual([
      'goldpan: nowhere.csv cannot be read: there is no such file or folder: check the path',
    ])
  })
})

it('without --service and --services it is a usage error', () => {
  const { code, said } = goldpan('analyze ams=all.pcap')
  expect([code, said[0]]).toEqual([2, "error: required option '--service <name>' not specified"])
})

import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, it } from 'vitest'
import { Conversation, inOrder, pcapOf, startSeconds } from '../captures/conversation.ts'

/** A capture of seconds, of whatever time: minutes that it did not see whole count as well. */

const folder = mkdtempSync(join(tmpdir(), 'goldpan-short-'))
afterAll(() => rmSync(folder, { recursive: true }))

function analyze(fromSecond: number, seconds: number) {
  const talk = new Conversation()
  for (let index = 0; index < 20; index++) {
    talk.udpQuery(fromSecond * 1e6 + (index * seconds * 1e6) / 20)
  }
  const first = fromSecond * 1e6
  const handshake = new Conversation()
    .syn(first)
    .synack(first + 100)
    .ack(first + 9000)
  writeFileSync(join(folder, 'a.pcap'), pcapOf(inOrder([...talk.frames, ...handshake.frames])))
  const main = fileURLToPath(new URL('../../cli/src/main.ts', import.meta.url))
  const words = ['analyze', 'ams=a.pcap', '--service', 's', '--format', 'json']
  const env = { ...process.env, XDG_STATE_HOME: folder }
  const { stdout } = spawnSync(process.execPath, [main, ...words], { cwd: folder, env })
  const { coverage, sites, weight, from } = JSON.parse(String(stdout))
  const { handshakes, queries } = coverage[0]
  return { weight, from, handshakes, queries: [queries, sites[0].queries] }
}

it.each([
  ['within one second', 0, 0.5],
  ['within one minute', 37, 10],
  ['across the end of a minute', 37, 50],
  ['across several', 37, 130],
])('a capture %s counts all its queries', (_, fromSecond, seconds) => {
  expect(analyze(fromSecond, seconds)).toMatchObject({ weight: 'queries', queries: [20, 20] })
})

it.each([
  ['1970-01-01T00:00:00', 0],
  ['2038-01-19T03:14:07', 2 ** 31 - 1],
  ['2100-01-01T00:00:00', 4_102_444_800],
  ['2106-02-07T06:28:14', 2 ** 32 - 2],
])('a capture of %s is analyzed as any other', (time, seconds) => {
  expect(analyze(seconds - startSeconds, 1)).toEqual({
    ...{ weight: 'queries', from: `${time}.000000Z`, handshakes: 1, queries: [20, 20] },
  })
})

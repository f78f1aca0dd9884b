import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, it } from 'vitest'
import { Conversation, inOrder, pcapOf } from '../captures/conversation.ts'

/** A capture of seconds: minutes that it did not see whole count as well. */

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
  const { coverage, sites, weight } = JSON.parse(String(stdout))
  return { weight, queries: [coverage[0].queries, sites[0].queries] }
}

it.each([
  ['within one second', 0, 0.5],
  ['within one minute', 37, 10],
  ['across the end of a minute', 37, 50],
  ['across several', 37, 130],
])('a capture %s counts all its queries', (_, fromSecond, seconds) => {
  expect(analyze(fromSecond, seconds)).toEqual({ weight: 'queries', queries: [20, 20] })
})

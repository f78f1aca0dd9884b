import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { createAnalyzer } from './analyzer.ts'
import { createAnalyzerMemory } from './analyzer-memory.ts'
import {
  client,
  clientsOf,
  firstMinute,
  from,
  type HandMadeClient,
  lehmer,
  nearest,
  ordinary,
} from './hand-made-world.ts'
import { decodeMemory, encodeMemory, type LiveMemory } from './memory-codec.ts'
import { createMinuteWindowBuilder } from './minute-window.ts'
import { createPrefixTable } from './prefix-table.ts'

const sites = ['ams', 'fra', 'gru', 'syd']

interface Life {
  readonly clients: readonly HandMadeClient[]
  /** Minutes of the world in which somebody was seen, and its last one. */
  readonly heard: (minute: number) => boolean
  readonly lastMinute: number
}

/** An analyzer's way through a life, with a window for every minute or for those with rows only. */
function walk({ clients, heard, lastMinute }: Life, everyMinute: boolean) {
  const table = createPrefixTable()
  const prefixes = clients.map(({ asn, country }, index) => {
    const bytes = new Uint8Array(16)
    bytes.set([0xff, 0xff, 10, index >> 8, index & 255, 0], 10)
    return table.add(bytes, 0, asn, country)
  })
  const memory = createAnalyzerMemory()
  const config = { service: 's', sites: sites.map((code) => ({ code })), table }
  const analyzer = createAnalyzer({ ...config, weight: 'queries' }, memory)
  const builder = createMinuteWindowBuilder()
  const random = lehmer(17)
  const changed: string[] = []
  let windows = 0
  for (let minute = 0; minute <= lastMinute; minute++) {
    for (const [index, one] of heard(minute) ? clients.entries() : []) {
      const code = one.site(minute)
      if (code === undefined) continue
      const site = sites.indexOf(code)
      builder.addSeen(prefixes[index]!, site, 10)
      const millis = one.rttMillis(code, minute) + random() * 4
      builder.addHandshake(prefixes[index]!, site, Math.round(millis * 1000))
    }
    if (!everyMinute && !heard(minute) && minute < lastMinute) continue
    windows++
    for (const finding of analyzer.advance(builder.take(firstMinute + minute))) {
      changed.push(JSON.stringify(finding))
    }
  }
  analyzer.finish()
  const rest = { sites: [...sites], weight: 'queries' as const, decidedRows: new Map() }
  const stored = decodeMemory(encodeMemory({ ...memory, table, ...rest }))
  if (!stored.ok) throw new Error(stored.error)
  const remembered = inspect(stored.value)
  return { windows, changed, findings: analyzer.findings(), remembered }
}

/** All that is remembered, value by value: the engine may write 0 as an integer or as a float. */
function inspect({ state, tracked, failures }: LiveMemory): readonly string[] {
  const columns = Object.entries(state).map(([name, column]) =>
    ArrayBuffer.isView(column)
      ? `${name} ${createHash('sha256').update(bytesOf(column)).digest('hex')}`
      : `${name} ${JSON.stringify(typeof column === 'number' ? column : [...column])}`,
  )
  const findings = tracked.map((one) => JSON.stringify(one, (_, value) => infinite(value)))
  return [...columns, ...findings, JSON.stringify([...failures])]
}

const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength)

const infinite = (value: unknown): unknown =>
  typeof value === 'number' && !Number.isFinite(value) ? String(value) : value

/** A world of a seed: networks stand, move, flap or return around silent stretches. */
function drawLife(seed: number): Life {
  const random = lehmer(seed * 7919)
  const draw = (below: number): number => Math.floor(random() * below)
  const countries = Object.keys(nearest)
  const moving = Array.from({ length: 3 }, (_, network) => {
    const at = 20 + draw(90)
    const until = draw(2) === 0 ? 1e9 : at + draw(60)
    const to = sites[draw(4)]!
    const wide = draw(2) === 0
    const home = countries[draw(4)]!
    return (wide ? countries : [home]).flatMap((country) => {
      const site = draw(4) === 0 ? () => to : from(at, to, until)(country)
      return clientsOf(3 + draw(3), client(7 + network, country, { site }))
    })
  })
  const lengths = [2, 7, 40, 900, 1441, 1500, 2500, 4000]
  const stretches: [number, number][] = []
  let minute = 0
  for (let stretch = 0; stretch < 3; stretch++) {
    const end = minute + 5 + draw(120)
    stretches.push([minute, end])
    minute = end + lengths[draw(lengths.length)]!
  }
  const heard = (at: number): boolean => stretches.some(([begin, end]) => at >= begin && at < end)
  const lastMinute = draw(3) === 0 ? minute : stretches.at(-1)![1] - 1
  return { clients: [...ordinary, ...moving.flat()], heard, lastMinute }
}

describe('a stretch without rows', () => {
  it('leaves findings and memory as a walk through each of its minutes does', () => {
    let found = 0
    for (let seed = 1; seed <= 24; seed++) {
      const life = drawLife(seed)
      const slowly = walk(life, true)
      const quickly = walk(life, false)
      expect(quickly.changed, `seed ${seed}`).toEqual(slowly.changed)
      expect(quickly.findings, `seed ${seed}`).toEqual(slowly.findings)
      expect(quickly.remembered, `seed ${seed}`).toEqual(slowly.remembered)
      expect(quickly.windows).toBeLessThan(slowly.windows)
      found += slowly.findings.length
    }
    expect(found).toBeGreaterThan(10)
  })
})

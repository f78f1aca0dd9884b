import { describe, expect, it } from 'vitest'
import { Conversation, completeHandshake } from '../captures/conversation.ts'
import { goldenCaptures } from '../captures/golden-captures.ts'
import { extractBytes } from './extract-bytes.ts'
import { fuzzCapture, fuzzFrame, fuzzRubbish } from './fuzz-once.ts'
import { fuzzCsv, fuzzMessage, fuzzStream } from './fuzz-rows.ts'
import { Draws } from './mutate.ts'
import { recordEnds } from './record-ends.ts'

/** Runs of each kind: a fixed budget, the long run is bench/fuzz.ts. */
const runs = 1000
const captures = goldenCaptures.filter(({ damage }) => !damage)

/** Runs `once` with a seed a run, and names the seed that fails. */
function repeat(once: (draws: Draws) => void): void {
  for (let seed = 1; seed <= runs; seed++) {
    try {
      once(new Draws(seed))
    } catch (error) {
      throw new Error(`seed ${seed}: ${(error as Error).stack}`)
    }
  }
}

describe('whatever the bytes', () => {
  it('a mutated capture is read without a throw, and all before the damage is kept', () => {
    repeat((draws) => fuzzCapture(draws, draws.pick(captures).bytes))
  })

  it('rubbish is read without a throw', () => {
    repeat(fuzzRubbish)
  })

  it('no frame is read beyond its captured bytes', () => {
    const frames = completeHandshake(new Conversation(), 0, 9).frames.map(({ frame }) => frame)
    const tagged = new Conversation({
      client: '2001:db8::1',
      server: '2001:db8::2',
      shape: { vlans: [7], extensionHeaders: [0, 60] },
    })
    frames.push(
      ...completeHandshake(tagged, 0, 9)
        .udpQuery(5)
        .frames.map(({ frame }) => frame),
    )
    repeat((draws) => fuzzFrame(draws, frames))
  })

  it('a mutated message is decoded or an error value, and costs no memory', () => {
    // The first made the reader of Arrow loop until memory ended, the second for 20 seconds.
    for (const seed of [5_000_009, 5_002_371]) fuzzMessage(new Draws(seed))
    repeat(fuzzMessage)
  })

  it('a mutated export is read to its damage', async () => {
    repeat(fuzzCsv)
    for (let seed = 1; seed <= runs; seed++) await fuzzStream(new Draws(seed))
  })
})

describe('a capture cut at any byte', () => {
  const kinds = ['vlan', 'nanoseconds-big-endian', 'pcapng-two-interfaces-two-resolutions']
  it.each(kinds)('%s yields every whole packet before the cut', (kind) => {
    const { bytes } = captures.find(({ name }) => name.startsWith(kind))!
    const whole = extractBytes(bytes)
    const ends = recordEnds(bytes)
    expect(ends.length).toBe(whole.packets.length)
    for (let length = 0; length <= bytes.length; length++) {
      const cut = extractBytes(bytes.subarray(0, length))
      const packets = cut.consumed === undefined ? 0 : ends.filter((end) => end <= length).length
      expect(cut.packets).toEqual(whole.packets.slice(0, packets))
      expect(cut.handshakes).toEqual(whole.handshakes.slice(0, cut.handshakes.length))
      expect(cut.consumed ?? 0).toBeLessThanOrEqual(length)
      expect(cut.damage).toBeUndefined()
    }
  })
})

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { GiveWay } from './give-way.ts'

const options = { rate: 1, sampledRate: 16, cpuCoresMax: 0.5 }
const idle = { kernelDrops: 0, cpuCores: 0.1 }
const busy = { kernelDrops: 0, cpuCores: 0.6 }
const dropping = { kernelDrops: 1, cpuCores: 0.1 }
const look = (giveWay: GiveWay, load: typeof idle, seconds: number): void => {
  for (let second = 0; second < seconds; second++) giveWay.look(load)
}

describe('GiveWay', () => {
  it('counts everything while nothing is wrong', () => {
    const giveWay = new GiveWay(options)
    look(giveWay, idle, 10_000)
    expect([giveWay.rate, giveWay.mode, giveWay.steps]).toEqual([1, 'full', 0])
  })

  it('samples at the first kernel drop, and gives up at the next', () => {
    const giveWay = new GiveWay(options)
    expect(giveWay.look(dropping)).toBe(true)
    expect([giveWay.rate, giveWay.mode]).toEqual([16, 'sampled'])
    expect(giveWay.look(dropping)).toBe(true)
    expect([giveWay.rate, giveWay.mode]).toEqual([0, 'off'])
    expect(giveWay.look(dropping)).toBe(false)
  })

  it('takes three seconds above its share for a step, not one', () => {
    const giveWay = new GiveWay(options)
    look(giveWay, busy, 2)
    look(giveWay, idle, 1)
    look(giveWay, busy, 2)
    expect(giveWay.mode).toBe('full')
    look(giveWay, busy, 1)
    expect(giveWay.mode).toBe('sampled')
  })

  it('comes back step by step after quiet minutes, not at half the share', () => {
    const giveWay = new GiveWay(options)
    look(giveWay, dropping, 2)
    look(giveWay, { kernelDrops: 0, cpuCores: 0.3 }, 1000)
    expect(giveWay.mode).toBe('off')
    look(giveWay, idle, 60)
    expect(giveWay.mode).toBe('sampled')
    look(giveWay, idle, 59)
    expect(giveWay.mode).toBe('sampled')
    look(giveWay, idle, 1)
    expect(giveWay.mode).toBe('full')
  })

  it('waits twice as long after a step back that was too early, an hour at most', () => {
    const giveWay = new GiveWay(options)
    const waits: number[] = []
    for (let round = 0; round < 9; round++) {
      giveWay.look(dropping)
      let seconds = 0
      while (giveWay.mode !== 'full') {
        giveWay.look(idle)
        seconds++
      }
      waits.push(seconds)
    }
    expect(waits).toEqual([60, 120, 240, 480, 960, 1920, 3600, 3600, 3600])
  })

  it('stays off, or at its rate, when it was told so', () => {
    const off = new GiveWay({ ...options, rate: 0 })
    look(off, dropping, 3)
    look(off, idle, 1000)
    expect([off.mode, off.steps]).toEqual(['off', 0])
    const sampled = new GiveWay({ ...options, rate: 64 })
    look(sampled, dropping, 1)
    expect(sampled.mode).toBe('off')
    look(sampled, idle, 60)
    expect(sampled.rate).toBe(64)
  })

  it('under any load moves one step at a time between its rates', () => {
    const load = fc.record({
      kernelDrops: fc.nat({ max: 2 }),
      cpuCores: fc.double({ min: 0, max: 1, noNaN: true }),
    })
    fc.assert(
      fc.property(fc.array(load, { maxLength: 300 }), (loads) => {
        const giveWay = new GiveWay(options)
        for (const each of loads) {
          const before = [1, 16, 0].indexOf(giveWay.rate)
          const changed = giveWay.look(each)
          const after = [1, 16, 0].indexOf(giveWay.rate)
          expect(Math.abs(after - before)).toBe(changed ? 1 : 0)
        }
      }),
    )
  })
})

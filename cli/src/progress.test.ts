import { describe, expect, it } from 'vitest'
import { formatProgressLine } from './progress.ts'

describe('a progress line', () => {
  it('has share, rate and remaining time', () => {
    const amount = { done: 50e6, total: 200e6, unit: 'bytes', seconds: 2 } as const
    expect(formatProgressLine('ams', amount)).toBe(
      'ams  [######..................] 25 %  25 MB/s  6 s left',
    )
  })

  it('tells long times in minutes, and counts minutes of data', () => {
    const amount = { done: 1440, total: 14_400, unit: 'minutes', seconds: 20 } as const
    expect(formatProgressLine('analyzing', amount)).toBe(
      'analyzing  [##......................] 10 %  72 minutes/s  3 min 0 s left',
    )
  })

  it('has no bar where the end is unknown', () => {
    const amount = { done: 5e6, total: 0, unit: 'bytes', seconds: 1 } as const
    expect(formatProgressLine('ams', amount)).toBe('ams  5 MB  5 MB/s')
  })

  it('promises nothing before the first byte', () => {
    const amount = { done: 0, total: 100, unit: 'bytes', seconds: 0 } as const
    expect(formatProgressLine('ams', amount)).toContain('0 %  0 MB/s')
    expect(formatProgressLine('ams', amount)).not.toContain('left')
  })
})

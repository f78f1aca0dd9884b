import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readLosses, writeSensorState } from './sensor-state.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'goldpan-state-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

describe('readLosses', () => {
  it('tells what a run that was killed may have lost', () => {
    writeSensorState(folder, { boot: 'b', sentMicros: 5e6, pending: 7, clean: false })
    expect(readLosses(folder, 9.5e6)).toEqual({
      restarts_after_kill: 1,
      restart_pending_lost: 7,
      restart_seconds_not_seen: 5,
    })
  })

  it('says nothing of a time for a run that saw no packet', () => {
    writeSensorState(folder, { boot: 'b', sentMicros: 0, pending: 0, clean: false })
    const now = 1_800_000_000e6
    expect(readLosses(folder, now)).toEqual({ restarts_after_kill: 1, restart_pending_lost: 0 })
  })

  it('has nothing to tell after an ordered end, and at the first start', () => {
    expect(readLosses(folder, 1e6)).toEqual({})
    writeSensorState(folder, { boot: 'b', sentMicros: 5e6, pending: 7, clean: true })
    expect(readLosses(folder, 9e6)).toEqual({})
    expect(readLosses('/nowhere', 9e6)).toEqual({})
    writeSensorState('/nowhere', { boot: 'b', sentMicros: 5e6, pending: 7, clean: true })
  })
})

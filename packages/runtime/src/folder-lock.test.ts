import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { lockFolder } from './folder-lock.ts'

const root = mkdtempSync(join(tmpdir(), 'goldpan-folder-lock-'))
afterAll(() => rmSync(root, { recursive: true }))

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(root, 'folder-'))
})

describe('lockFolder', () => {
  it('names who holds a folder, until that one gives it back', () => {
    const first = lockFolder(folder)
    if (!first.ok) throw new Error(`held by ${first.error}`)
    expect(lockFolder(folder)).toEqual({ ok: false, error: process.pid })
    first.value()
    expect(readdirSync(folder)).toEqual([])
    expect(lockFolder(folder).ok).toBe(true)
  })

  it('leaves nothing but the lock behind, which says whose it is from the first moment', () => {
    expect(lockFolder(folder).ok).toBe(true)
    expect(readdirSync(folder)).toEqual(['goldpan.pid'])
    expect(readFileSync(join(folder, 'goldpan.pid'), 'utf8')).toMatch(
      new RegExp(`^${process.pid} \\d+\\n$`),
    )
  })

  it.each([
    ['a process that is gone', () => `${spawnSync('true').pid} 12345\n`],
    ['a process whose number another one has now', () => `${process.pid} 1\n`],
    ['nobody', () => ''],
  ])('takes over the lock of %s', (_, text) => {
    writeFileSync(join(folder, 'goldpan.pid'), text())
    expect(lockFolder(folder).ok).toBe(true)
  })
})

import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { makeFolder } from './make-folder.ts'

const root = mkdtempSync(join(tmpdir(), 'goldpan-make-folder-'))
afterAll(() => rmSync(root, { recursive: true }))

describe('makeFolder', () => {
  it('makes a folder and those above it, with the mode asked for', () => {
    const folder = join(root, 'a/b/c')
    makeFolder(folder, 0o700)
    expect(statSync(folder).mode & 0o777).toBe(0o700)
    expect(statSync(join(root, 'a')).mode & 0o777).toBe(0o700)
  })

  it('leaves a folder that is there as it is', () => {
    makeFolder(root)
    makeFolder(`${root}/`)
    expect(statSync(root).isDirectory()).toBe(true)
  })

  it('throws where a file is in the way', () => {
    writeFileSync(join(root, 'file'), '')
    expect(() => makeFolder(join(root, 'file'))).toThrow('EEXIST')
    expect(() => makeFolder(join(root, 'file/inner'))).toThrow('ENOTDIR')
  })

  it('throws where a file system takes no folders', () => {
    expect(() => makeFolder('/proc/goldpan/inner')).toThrow('ENOENT')
  })
})

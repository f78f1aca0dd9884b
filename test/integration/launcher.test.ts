import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const root = fileURLToPath(new URL('../..', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'goldpan-launcher-'))
const clone = join(folder, 'clone')

/** The checkout as it stands, without what git ignores: what a fresh clone has. */
beforeAll(() => {
  const files = execFileSync(
    'git',
    ['ls-files', '-z', '--cached', '--others', '--exclude-standard'],
    {
      cwd: root,
      encoding: 'utf8',
    },
  )
  for (const file of files.split('\0').filter((name) => name !== '' && !name.startsWith('test/'))) {
    mkdirSync(dirname(join(clone, file)), { recursive: true })
    cpSync(join(root, file), join(clone, file))
  }
})
afterAll(() => rmSync(folder, { recursive: true }))

const launch = (script: string, cwd = folder) =>
  spawnSync(script, ['version'], { cwd, encoding: 'utf8' })

describe('the launcher on a clean clone', () => {
  it('sets itself up once, says so in one line each, and runs the command', () => {
    const { status, stdout, stderr } = launch(join(clone, 'goldpan'))
    expect([status, stdout]).toEqual([0, 'goldpan 0.1.0\n'])
    expect(stderr).toContain('goldpan: installing dependencies')
  }, 300_000)

  it('is quiet when there is nothing to do', () => {
    const { status, stdout, stderr } = launch(join(clone, 'goldpan'))
    expect([status, stdout, stderr]).toEqual([0, 'goldpan 0.1.0\n', ''])
  })

  it('runs through symbolic links, from any folder', () => {
    symlinkSync('clone/goldpan', join(folder, 'link'))
    expect(launch(join(folder, 'link'), '/').stdout).toBe('goldpan 0.1.0\n')
  })

  it('runs as an argument of a shell, without a slash in its name', () => {
    const { stdout } = spawnSync('sh', ['goldpan', 'version'], { cwd: clone, encoding: 'utf8' })
    expect(stdout).toBe('goldpan 0.1.0\n')
  })
})

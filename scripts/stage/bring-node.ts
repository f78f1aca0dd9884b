import { spawnSync } from 'node:child_process'
import { closeSync, cpSync, mkdtempSync, openSync, readSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { root } from './stage-tree.ts'

/** Processors that packages are made for, as Node names them. */
export const processors = ['x64', 'arm64'] as const
export type Processor = (typeof processors)[number]
export const isProcessor = (name: string): name is Processor =>
  (processors as readonly string[]).includes(name)

/** `e_machine` of ELF files. */
const machines: Readonly<Record<number, Processor>> = { 62: 'x64', 183: 'arm64' }

/** The processor that a native file was built for; undefined where it is none of ours. */
export function processorOf(file: string): Processor | undefined {
  const head = Buffer.alloc(20)
  const opened = openSync(file, 'r')
  readSync(opened, head, 0, head.length, 0)
  closeSync(opened)
  const isElf = head.readUInt32BE(0) === 0x7f454c46
  return isElf ? machines[head.readUInt16LE(18)] : undefined
}

/** Copies the Node of a processor: this one, or the pinned one from npm, by its hash. */
export function bringNode(processor: Processor, target: string): void {
  if (processor === process.arch) {
    cpSync(process.execPath, target)
    return
  }
  const work = mkdtempSync(join(tmpdir(), 'goldpan-node-'))
  try {
    for (const file of ['package.json', 'package-lock.json']) {
      cpSync(join(root, 'scripts/node', file), join(work, file))
    }
    const quiet = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']
    const words = ['ci', '--os=linux', `--cpu=${processor}`, ...quiet]
    const { status, stderr } = spawnSync('npm', words, { cwd: work, encoding: 'utf8' })
    if (status !== 0) throw new Error(`npm could not bring Node for ${processor}: ${stderr}`)
    cpSync(join(work, `node_modules/node-linux-${processor}/bin/node`), target)
  } finally {
    rmSync(work, { recursive: true })
  }
}

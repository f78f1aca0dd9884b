import { createRequire } from 'node:module'
import { exitCode } from '../exit-code.ts'
import { version } from '../version.ts'

export interface VersionOptions {
  readonly json?: boolean
}

/** Native parts, each of which a host can do without. */
const nativeParts = {
  /** Live capture. */
  pcap: 'pcap',
  /** The embedded warehouse. */
  chdb: 'chdb',
} as const

/** Prints the version, with --json also what it runs on. */
export async function run({ json }: VersionOptions): Promise<number> {
  if (!json) {
    process.stdout.write(`goldpan ${version}\n`)
    return exitCode.done
  }
  const native = Object.fromEntries(
    Object.entries(nativeParts).map(([part, name]) => [part, isLoadable(name)]),
  )
  const { platform, arch, versions } = process
  const facts = { version, node: versions.node, platform, arch, native }
  process.stdout.write(`${JSON.stringify(facts, null, 2)}\n`)
  return exitCode.done
}

/** Whether a package is there and its binary fits this Node. */
function isLoadable(name: string): boolean {
  try {
    createRequire(import.meta.url)(name)
    return true
  } catch {
    return false
  }
}

import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin']

/** Where a program is, or undefined. */
export function findTool(name: string): string | undefined {
  return folders.map((folder) => join(folder, name)).find(isExecutable)
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/**
 * Why a test that needs these programs cannot run here, or undefined when it can.
 * Under CI=true there is no such excuse: a missing program is an error.
 */
export function missingTools(names: readonly string[]): string | undefined {
  const missing = names.filter((name) => findTool(name) === undefined)
  if (missing.length === 0) return undefined
  const reason = `${missing.join(', ')} not installed`
  if (process.env.CI === 'true') throw new Error(`${reason}: CI must have it`)
  return reason
}

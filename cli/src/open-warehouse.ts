import { existsSync, rmSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { err, type Result } from '@goldpan/core'
import type { Warehouse } from '@goldpan/warehouse'

/** A warehouse that cannot be opened: one sentence says why and what to do. */
export interface WarehouseProblem {
  readonly message: string
}

/** Where the last analysis is kept when no warehouse is named (XDG base directories). */
export function stateWarehouseFolder(): string {
  const state = process.env.XDG_STATE_HOME || join(homedir(), '.local', 'state')
  return join(state, 'goldpan', 'warehouse')
}

/** Opens the named warehouse to add to it, or starts the one in the state folder anew. */
export async function openForAnalysis(
  folder: string | undefined,
): Promise<Result<Warehouse, WarehouseProblem>> {
  if (folder !== undefined) return open(folder)
  const previous = stateWarehouseFolder()
  if (!existsSync(previous)) return open(previous)
  // Opening it first makes sure that no other process has it.
  const opened = await open(previous)
  if (!opened.ok && opened.error.code !== 'UNUSABLE_FOLDER') return opened
  if (opened.ok) await opened.value.close()
  rmSync(previous, { recursive: true, force: true })
  return open(previous)
}

/** Opens a warehouse that an analysis left, to read from it. */
export async function openForReading(
  folder: string | undefined,
): Promise<Result<Warehouse, WarehouseProblem>> {
  const path = folder ?? stateWarehouseFolder()
  if (!existsSync(join(path, 'data'))) {
    return err({ message: `there is no warehouse in ${path}: run goldpan analyze first` })
  }
  return open(path)
}

async function open(folder: string) {
  const { openEmbeddedWarehouse } = await import('@goldpan/warehouse-embedded')
  return openEmbeddedWarehouse({ folder })
}

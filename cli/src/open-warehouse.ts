import { existsSync, readFileSync, rmSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { err, ok, type Result } from '@goldpan/core'
import {
  isServerUrl,
  openServerWarehouse,
  type ServerOptions,
  type Warehouse,
  WarehouseError,
} from '@goldpan/warehouse'

/** A warehouse that cannot be opened: one sentence says why and what to do. */
export interface WarehouseProblem {
  readonly message: string
}

/** What a server asks for, besides its address. Files are named in the environment. */
export type ServerAccess = Omit<ServerOptions, 'url' | 'socketPath' | 'migrations'>

/** Where the last analysis is kept when no warehouse is named (XDG base directories). */
export function stateWarehouseFolder(): string {
  const state = process.env.XDG_STATE_HOME || join(homedir(), '.local', 'state')
  return join(state, 'goldpan', 'warehouse')
}

/** Opens the named warehouse to add to it, or starts the one in the state folder anew. */
export async function openForAnalysis(
  named: string | undefined,
): Promise<Result<Warehouse, WarehouseProblem>> {
  if (named !== undefined) return openForWriting(named)
  const previous = stateWarehouseFolder()
  if (!existsSync(previous)) return openFolder(previous)
  // Opening it first makes sure that no other process has it.
  const opened = await openFolder(previous)
  if (!opened.ok && opened.error.code !== 'UNUSABLE_FOLDER') return opened
  if (opened.ok) await opened.value.close()
  rmSync(previous, { recursive: true, force: true })
  return openFolder(previous)
}

/** Opens a server's or a folder's warehouse, brought up to date. */
export async function openForWriting(
  named: string,
  access?: ServerAccess,
): Promise<Result<Warehouse, WarehouseProblem>> {
  if (!isServerUrl(named)) return openFolder(named)
  const given = access ? ok(access) : readServerAccess()
  return given.ok ? openServerWarehouse({ ...given.value, url: named }) : given
}

/**
 * Opens a warehouse to read from it. A folder that another process holds is read through the
 * socket that the holder serves in it.
 */
export async function openForReading(
  named: string | undefined,
  access?: ServerAccess,
): Promise<Result<Warehouse, WarehouseProblem>> {
  if (named !== undefined && isServerUrl(named)) {
    const given = access ? ok(access) : readServerAccess()
    if (!given.ok) return given
    return openServerWarehouse({ ...given.value, url: named, migrations: 'check' })
  }
  const folder = named ?? stateWarehouseFolder()
  if (!existsSync(join(folder, 'data'))) {
    return err({ message: `there is no warehouse in ${folder}: run goldpan analyze first` })
  }
  return openHeldFolder(folder)
}

async function openHeldFolder(folder: string): Promise<Result<Warehouse, WarehouseProblem>> {
  const { openHeldWarehouse } = await import('@goldpan/warehouse-embedded')
  const deadline = performance.now() + holderMillis
  for (;;) {
    const opened = await openFolder(folder)
    if (opened.ok || opened.error.code !== 'WAREHOUSE_HELD') return opened
    const held = await openHeldWarehouse(folder, opened.error.pid!)
    const isSilent = !held.ok && held.error.code === 'WAREHOUSE_HELD'
    if (!isSilent || performance.now() > deadline) return held
    await delay(holderPauseMillis)
  }
}

/** How long a holder may take to start or to end: it has the folder, but serves no socket. */
const holderMillis = 3000
const holderPauseMillis = 200

/** Opens a warehouse, reads from it and closes it; once more where its holder left meanwhile. */
export async function readWarehouse<Value>(
  named: string | undefined,
  read: (warehouse: Warehouse) => Promise<Value>,
): Promise<Result<Value, WarehouseProblem>> {
  const isFolder = named === undefined || !isServerUrl(named)
  for (let isLast = !isFolder; ; isLast = true) {
    const opened = await openForReading(named)
    if (!opened.ok) return opened
    try {
      return ok(await read(opened.value))
    } catch (error) {
      const isAway = error instanceof WarehouseError && error.code === 'AWAY'
      if (isLast || !isAway) return err({ message: (error as Error).message })
    } finally {
      await opened.value.close()
    }
  }
}

/**
 * Opens a warehouse to read and write beside others: a folder that another process holds is
 * shared through its socket.
 */
export async function openForSharing(
  named: string | undefined,
  access?: ServerAccess,
): Promise<Result<Warehouse, WarehouseProblem>> {
  if (named !== undefined && isServerUrl(named)) return openForWriting(named, access)
  return openForReading(named)
}

async function openFolder(folder: string) {
  const { openEmbeddedWarehouse } = await import('@goldpan/warehouse-embedded')
  return openEmbeddedWarehouse({ folder })
}

/** Password and certificates from the files that `GOLDPAN_WAREHOUSE_…_FILE` name. */
export function readServerAccess(
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Result<ServerAccess, WarehouseProblem> {
  const problems: string[] = []
  const read = (key: string): Buffer | undefined => {
    const name = `GOLDPAN_WAREHOUSE_${key}_FILE`
    const file = environment[name]
    if (!file) return undefined
    try {
      return readFileSync(file)
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      problems.push(`${name} names ${file}, which cannot be read (${code}): check it`)
      return undefined
    }
  }
  const password = read('PASSWORD')
    ?.toString('utf8')
    .replace(/\r?\n$/, '')
  const [ca, cert, key] = [read('CA'), read('CERT'), read('KEY')]
  if (problems.length > 0) return err({ message: problems[0]! })
  return ok({
    ...(password === undefined ? {} : { password }),
    tls: { ...(ca ? { ca } : {}), ...(cert ? { cert } : {}), ...(key ? { key } : {}) },
  })
}

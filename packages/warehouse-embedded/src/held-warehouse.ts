import { join } from 'node:path'
import { err, type Result } from '@goldpan/core'
import {
  openServerWarehouse,
  readMigrations,
  readWarehouseAge,
  type Warehouse,
} from '@goldpan/warehouse'
import { socketAddress } from './socket-address.ts'
import { socketName } from './socket-name.ts'

export interface UnusableHolder {
  readonly code: 'WAREHOUSE_HELD' | 'NEWER_WAREHOUSE' | 'OLDER_WAREHOUSE'
  readonly pid: number
  readonly message: string
}

/** Seconds without a word from the holder, which may be reading packets meanwhile. */
const silenceSeconds = 20

/** Opens a warehouse that another process holds, through the socket in its folder. */
export async function openHeldWarehouse(
  folder: string,
  pid: number,
): Promise<Result<Warehouse, UnusableHolder>> {
  const opened = await openServerWarehouse({
    url: 'http://localhost',
    socketPath: socketAddress(join(folder, socketName)),
    migrations: 'as-it-is',
    timeouts: { querySeconds: silenceSeconds, retrySeconds: 1 },
  })
  if (!opened.ok) return err(silent(folder, pid))
  try {
    const age = await readWarehouseAge(opened.value, readMigrations())
    if (age.ok && age.value.length === 0) return opened
    await opened.value.close()
    return err(age.ok ? older(folder, pid) : { ...age.error, pid })
  } catch {
    await opened.value.close()
    return err(silent(folder, pid))
  }
}

const older = (folder: string, pid: number): UnusableHolder => ({
  code: 'OLDER_WAREHOUSE',
  pid,
  message:
    `the warehouse ${folder} is in use by process ${pid} of an older goldpan, which lacks ` +
    'migrations of this one: end that process first',
})

const silent = (folder: string, pid: number): UnusableHolder => ({
  code: 'WAREHOUSE_HELD',
  pid,
  message:
    `the warehouse ${folder} is in use by process ${pid}, which does not answer on its socket: ` +
    'wait until it ends, or name another folder with --warehouse',
})

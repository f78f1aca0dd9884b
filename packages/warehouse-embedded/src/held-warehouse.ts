import { join } from 'node:path'
import { err, type Result } from '@goldpan/core'
import { openServerWarehouse, type Warehouse } from '@goldpan/warehouse'
import { socketAddress } from './socket-address.ts'
import { socketName } from './socket-name.ts'

export interface SilentHolder {
  readonly code: 'WAREHOUSE_HELD'
  readonly pid: number
  readonly message: string
}

/** Seconds without a word from the holder, which may be reading packets meanwhile. */
const silenceSeconds = 20

/** Opens a warehouse that another process holds, through the socket in its folder. */
export async function openHeldWarehouse(
  folder: string,
  pid: number,
): Promise<Result<Warehouse, SilentHolder>> {
  const opened = await openServerWarehouse({
    url: 'http://localhost',
    socketPath: socketAddress(join(folder, socketName)),
    migrations: 'as-it-is',
    timeouts: { querySeconds: silenceSeconds, retrySeconds: 1 },
  })
  if (opened.ok) return opened
  return err({
    code: 'WAREHOUSE_HELD',
    pid,
    message:
      `the warehouse ${folder} is in use by process ${pid}, which does not answer on its socket: ` +
      'wait until it ends, or name another folder with --warehouse',
  })
}

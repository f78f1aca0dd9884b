import { err, ok, type Result } from '@goldpan/core'
import { createFileBusReceiver, type Log } from '@goldpan/runtime'
import type { Warehouse } from '@goldpan/warehouse'
import { Estimator } from './estimator.ts'
import { type Places, storePlaces } from './places.ts'

/** Exit codes: 3 when some of it was damaged. */
const done = 0
const damaged = 3

/** Reads a bus that is a folder once, to its end; what the warehouse has already is passed over. */
export async function estimateFolder(
  folder: string,
  { places, warehouse, log }: { places: Places; warehouse: Warehouse; log: Log },
): Promise<Result<number, string>> {
  let damages = 0
  const receiver = createFileBusReceiver({
    folder,
    onDamage: (sentence) => {
      damages++
      log.warn(sentence)
    },
  })
  if (!receiver.ok) return err(receiver.error)
  await storePlaces(warehouse, places)
  const { networks } = places
  const summary = await new Estimator({ receiver: receiver.value, warehouse, networks }).run()
  await warehouse.close()
  log.info({ ...summary }, 'the folder was read to its end')
  return ok(damages > 0 || Object.keys(summary.undecodable).length > 0 ? damaged : done)
}

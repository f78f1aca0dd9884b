import { join } from 'node:path'
import { captureToBus } from '@goldpan/capture'
import { Estimator, readNetworkTable } from '@goldpan/estimator'
import { createInProcessBus } from '@goldpan/runtime'
import type { World } from '@goldpan/simulator'
import type { Warehouse } from '@goldpan/warehouse'
import { openEmbeddedWarehouse } from '@goldpan/warehouse-embedded'

/** A new embedded warehouse in `folder` that holds what the captures of a world there say. */
export async function fillWarehouse(world: World, folder: string): Promise<Warehouse> {
  const opened = await openEmbeddedWarehouse({ folder: join(folder, 'warehouse') })
  if (!opened.ok) throw new Error(opened.error.message)
  const warehouse = opened.value
  const networks = readNetworkTable([join(folder, 'networks.csv')])
  if (!networks.ok) throw new Error(networks.error.message)
  const { sender, receiver } = createInProcessBus({ messagesMax: 8 })
  const estimating = new Estimator({ receiver, warehouse, networks: networks.value }).run()
  for (const site of world.sites) {
    const inputs = [join(folder, `${site}.pcap`)]
    const source = { service: world.service, site, sensor: site, inputs, ports: [53] }
    await captureToBus({ ...source, bus: sender, clients: 'prefix' })
  }
  sender.end()
  await estimating
  return warehouse
}

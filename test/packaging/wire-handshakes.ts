import { setTimeout as delay } from 'node:timers/promises'
import { createFileBusReceiver } from '@goldpan/runtime'
import { decodeHandshakes } from '@goldpan/wire'
import type { TwoHosts } from '../integration/two-hosts.ts'

/** Clients come and go at port 53 of the server. */
export async function shakeHands(hosts: TwoHosts, connections: number): Promise<void> {
  const server = hosts.run(
    'server',
    `import { createServer } from 'node:net'
     let left = ${connections}
     const server = createServer((socket) => {
       socket.on('error', () => {}).end()
       if (--left === 0) server.close()
     }).listen(53)`,
  )
  await delay(500)
  await hosts.run(
    'client',
    `import { connect } from 'node:net'
     for (let n = 0; n < ${connections}; n++) {
       const socket = connect(53, '10.77.0.1').resume()
       await new Promise((resolve) => socket.on('close', resolve).on('error', resolve))
     }`,
  )
  await server
  await delay(500)
}

/** The handshakes in a folder that a sensor sent to. */
export async function countHandshakes(bus: string): Promise<number> {
  const receiver = createFileBusReceiver({ folder: bus })
  if (!receiver.ok) throw new Error(JSON.stringify(receiver.error))
  let count = 0
  for await (const { topic, value } of receiver.value.receive()) {
    if (topic !== 'goldpan.handshakes.v1') continue
    const decoded = decodeHandshakes(value)
    if (decoded.ok) count += decoded.value.batch.length
  }
  return count
}

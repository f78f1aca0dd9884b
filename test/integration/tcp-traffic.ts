/**
 * A server that answers nothing, and what comes to it, for the tests of live sensors:
 *
 *     node tcp-traffic.ts serve PORT
 *     node tcp-traffic.ts connect ADDRESS PORT PER_SECOND
 *     node tcp-traffic.ts mirror DEVICE PER_SECOND [VLAN…]
 *
 * `mirror` sends both directions, as a mirror port has them.
 */

import { createRequire } from 'node:module'
import { connect, createServer } from 'node:net'
import { Conversation } from '../captures/conversation.ts'

const [role, ...words] = process.argv.slice(2)
if (role === 'serve') {
  createServer((socket) => {
    socket.on('error', () => {}).resume()
    socket.end()
  }).listen({ port: Number(words[0]), host: '::' }, () => process.stdout.write('serving\n'))
} else if (role === 'connect') {
  const [address, port, perSecond] = words
  setInterval(() => {
    const socket = connect(Number(port), address!, () => socket.end())
    socket.on('error', () => {}).resume()
  }, 1000 / Number(perSecond))
  process.stdout.write('connecting\n')
} else {
  const [device, perSecond, ...vlans] = words
  const { createSession } = createRequire(import.meta.url)('pcap')
  const session = createSession(device, { filter: 'less 1' })
  let number = 0
  setInterval(() => {
    const isn = ++number * 1000
    const conversation = new Conversation({
      ...{ clientPort: 1024 + (number % 60_000), clientIsn: isn, serverIsn: isn },
      shape: { vlans: vlans.map(Number) },
    })
    for (const { frame } of conversation.syn(0).synack(1).ack(2).frames) {
      session.inject(Buffer.from(frame))
    }
  }, 1000 / Number(perSecond))
  process.stdout.write('mirroring\n')
}

import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { BusMessage } from './bus.ts'
import { createInProcessBus } from './in-process-bus.ts'

const message = (n: number): BusMessage => ({
  topic: 'goldpan.handshakes.v1',
  source: { service: 's', site: 'a', sensor: 'x' },
  boot: 'b',
  n,
  firstRow: n,
  rows: 1,
  value: new Uint8Array(0),
})

it('gives every message in order, whatever the bound and the pauses', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 5 }),
      fc.array(fc.boolean()),
      async (max, pauses) => {
        const { sender, receiver } = createInProcessBus({ messagesMax: max })
        const sending = (async () => {
          for (const n of pauses.keys()) await sender.send(message(n))
          sender.end()
        })()
        const seen: number[] = []
        for await (const { n } of receiver.receive()) {
          seen.push(n)
          if (pauses[n]) await new Promise(setImmediate)
        }
        await sending
        expect(seen).toEqual([...pauses.keys()])
      },
    ),
  )
})

it('makes the sender wait while it is full', async () => {
  const { sender, receiver } = createInProcessBus({ messagesMax: 2 })
  let sent = 0
  const sending = (async () => {
    for (let n = 0; n < 5; n++) {
      await sender.send(message(n))
      sent++
    }
    sender.end()
  })()
  await new Promise(setImmediate)
  expect(sent).toBe(2)
  for await (const { n } of receiver.receive()) expect(sent).toBeLessThanOrEqual(n + 3)
  await sending
  expect(sent).toBe(5)
})

it('refuses a message after its end', async () => {
  const { sender } = createInProcessBus({ messagesMax: 1 })
  sender.end()
  await expect(sender.send(message(0))).rejects.toThrow('after the end')
})

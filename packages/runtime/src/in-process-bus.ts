import type { BusMessage, BusReceiver, BusSender } from './bus.ts'

/** A bus within one process: bounded, in order, and the sender waits for the receiver. */
export interface InProcessBus {
  readonly sender: BusSender
  readonly receiver: BusReceiver
}

/**
 * Holds at most `messagesMax` messages that nobody has taken; `send` resolves once its message is
 * taken or has a place. A message counts as done when the next one is asked for.
 */
export function createInProcessBus({
  messagesMax,
}: {
  readonly messagesMax: number
}): InProcessBus {
  const queue: BusMessage[] = []
  let ended = false
  let wake: (() => void)[] = []
  const changed = (): void => {
    const waiting = wake
    wake = []
    for (const resume of waiting) resume()
  }
  const change = (): Promise<void> => new Promise((resolve) => wake.push(resolve))
  return {
    sender: {
      async send(message) {
        while (queue.length >= messagesMax && !ended) await change()
        if (ended) throw new Error('a message was sent after the end of the bus')
        queue.push(message)
        changed()
      },
      end() {
        ended = true
        changed()
      },
    },
    receiver: {
      async *receive() {
        for (;;) {
          const message = queue[0]
          if (message) {
            yield message
            queue.shift()
            changed()
          } else if (ended) return
          else await change()
        }
      },
    },
  }
}

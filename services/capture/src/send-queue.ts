import type { BusMessage, BusSender } from '@goldpan/runtime'

/** Messages that may wait for the bus before reading pauses. */
const waitingMax = 4

/** Hands messages to the bus one after the other, so that packets need not wait for each. */
export class SendQueue {
  readonly #bus: BusSender
  #last: Promise<void> = Promise.resolve()
  #waiting = 0
  #failure: unknown

  constructor(bus: BusSender) {
    this.#bus = bus
  }

  push(message: BusMessage): void {
    this.#waiting++
    this.#last = this.#last.then(() => this.#send(message))
  }

  async #send(message: BusMessage): Promise<void> {
    try {
      if (this.#failure === undefined) await this.#bus.send(message)
    } catch (error) {
      this.#failure = error
    }
    this.#waiting--
  }

  /** Waits while too many messages do; throws what the bus threw. */
  async pause(): Promise<void> {
    if (this.#waiting > waitingMax) await this.#last
    this.#throwFailure()
  }

  /** Resolves when every message was acknowledged; throws what the bus threw. */
  async drain(): Promise<void> {
    await this.#last
    this.#throwFailure()
  }

  #throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure
  }
}

import { setTimeout as delay } from 'node:timers/promises'
import {
  createGroupClient,
  type GroupHandler,
  type KafkaGroupClient,
  type KafkaGroupOptions,
} from './kafka-group-client.ts'

const pauseMillisMin = 200
const pauseMillisMax = 5_000
const watchMillis = 500

/**
 * A member of a consumer group that cannot be stopped by its client. kafkajs 2.2.4 may stand still
 * for ever after a broker that takes connections and does not answer, may crash into a live and
 * idle process, and knows no way to leave a generation: here all that is one thing, a new client.
 */
export class KafkaGroup {
  readonly #options: KafkaGroupOptions
  readonly #handler: GroupHandler
  readonly #stopped = Promise.withResolvers<string>()
  #client: KafkaGroupClient | undefined
  #replace: (reason: string) => void = () => {}
  #isStopping = false
  #running: Promise<void> | undefined

  constructor(options: KafkaGroupOptions, handler: GroupHandler) {
    this.#options = options
    this.#handler = handler
  }

  /** Joins the group, and again whenever it must, until it is stopped. */
  start(): void {
    this.#running = this.#run()
  }

  /** Milliseconds since the client last showed life. */
  get standingMillis(): number {
    return this.#client ? performance.now() - this.#client.progressMillis() : 0
  }

  /** Leaves the group with this client, whatever it is doing, and joins with a new one. */
  rebuild(reason: string): void {
    this.#replace(reason)
  }

  async #run(): Promise<void> {
    const { log, onRebuild } = this.#options
    let pause = pauseMillisMin
    while (!this.#isStopping) {
      const failed = Promise.withResolvers<string>()
      this.#replace = failed.resolve
      const client = createGroupClient(this.#options, this.#handler, failed.resolve)
      this.#client = client
      client.open().then(
        () => {
          pause = pauseMillisMin
        },
        (error) => failed.resolve((error as Error).message),
      )
      const watch = setInterval(() => this.#look(failed.resolve), watchMillis)
      const reason = await Promise.race([failed.promise, this.#stopped.promise])
      clearInterval(watch)
      this.#handler.revoked()
      if (this.#isStopping) return
      client.abandon()
      log.warnRarely({ reason }, 'joining the group with a new client')
      onRebuild?.(reason)
      await Promise.race([delay(pause), this.#stopped.promise])
      pause = Math.min(pause * 2, pauseMillisMax)
    }
  }

  #look(fail: (reason: string) => void): void {
    if (this.standingMillis > this.#options.standMillis) fail('the client stands still')
  }

  /** Leaves the group; `revoked` is called. */
  async stop(): Promise<void> {
    this.#isStopping = true
    this.#stopped.resolve('stopped')
    await this.#running
    await this.#client?.close()
  }
}

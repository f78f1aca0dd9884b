import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

const program = fileURLToPath(new URL('../warehouse/warehouse-process.ts', import.meta.url))

/** A warehouse behind HTTP in a process of its own, which may be killed and started again. */
export class WarehouseServer {
  readonly #folder: string
  #child: ChildProcess | undefined
  port = 0

  constructor(folder: string) {
    this.#folder = folder
  }

  async start(): Promise<void> {
    this.#child = spawn(process.execPath, [program, this.#folder, String(this.port)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const [line] = await once(this.#child.stdout!, 'data')
    this.port = Number(String(line).trim())
  }

  get pid(): number {
    return this.#child!.pid!
  }

  signal(signal: NodeJS.Signals): void {
    this.#child?.kill(signal)
  }

  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const child = this.#child
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    const exit = once(child, 'exit')
    child.kill(signal)
    await exit
  }
}

import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { missingTools } from './tools.ts'

/** Why two hosts cannot be made here, or undefined; under CI=true there is no excuse. */
export function whyNoHosts(): string | undefined {
  const missing = missingTools(['ip'])
  if (missing) return missing
  const probe = `gp-probe-${process.pid}`
  try {
    execFileSync('ip', ['netns', 'add', probe], { stdio: 'ignore' })
    execFileSync('ip', ['netns', 'del', probe], { stdio: 'ignore' })
    return undefined
  } catch {
    if (process.env.CI === 'true') throw new Error('CI must be allowed to make network namespaces')
    return 'not allowed to make network namespaces'
  }
}

const ip = (...words: readonly string[]): void => {
  execFileSync('ip', words, { stdio: ['ignore', 'ignore', 'inherit'] })
}

export type Host = 'server' | 'client'

/** Two hosts on one wire, `eth0` at both ends: 10.77.0.1 is the server. */
export class TwoHosts {
  readonly #names: Readonly<Record<Host, string>>

  constructor(name: string) {
    this.#names = { server: `gp-${name}-s-${process.pid}`, client: `gp-${name}-c-${process.pid}` }
    const { server, client } = this.#names
    for (const host of [server, client]) ip('netns', 'add', host)
    ip('-n', server, 'link', 'add', 'eth0', 'type', 'veth', 'peer', 'name', 'eth0', 'netns', client)
    ip('-n', server, 'addr', 'add', '10.77.0.1/24', 'dev', 'eth0')
    ip('-n', client, 'addr', 'add', '10.77.0.2/24', 'dev', 'eth0')
    for (const host of [server, client]) {
      for (const device of ['lo', 'eth0']) ip('-n', host, 'link', 'set', device, 'up')
    }
  }

  /** Starts Node on a host, or another program. */
  start(
    host: Host,
    words: readonly string[],
    env: NodeJS.ProcessEnv = process.env,
    program: string = process.execPath,
  ) {
    const args = ['netns', 'exec', this.#names[host], program, ...words]
    const child = spawn('ip', args, { env })
    const output = text(child.stdout)
    const error = text(child.stderr)
    const ended = once(child, 'close').then(([code]) => code as number)
    return { child, output, error, ended }
  }

  /** Runs a module given as text on a host, to its end. */
  async run(host: Host, module: string): Promise<string> {
    const started = this.start(host, ['--input-type=module', '-e', module])
    const code = await started.ended
    if (code !== 0) throw new Error(`it ended with ${code}: ${await started.error}`)
    return started.output
  }

  close(): void {
    for (const host of Object.values(this.#names)) ip('netns', 'del', host)
  }
}

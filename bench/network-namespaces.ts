import { execFileSync, spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'

/** Two hosts on one wire, made of network namespaces; needs root and iproute2. */
export interface TwoHosts {
  readonly server: string
  readonly client: string
  readonly serverAddress: string
  readonly device: string
  /** Starts a program on a host; its output goes to ours unless it is piped. */
  run(host: string, program: string, words: readonly string[]): ReturnType<typeof spawn>
  close(): void
}

const ip = (...words: readonly string[]): void => {
  execFileSync('ip', words, { stdio: ['ignore', 'ignore', 'inherit'] })
}

/** Makes the hosts; their names hold this process's id, so that two benches do not meet. */
export function makeTwoHosts(): TwoHosts {
  const server = `gp-server-${process.pid}`
  const client = `gp-client-${process.pid}`
  for (const host of [server, client]) ip('netns', 'add', host)
  ip('-n', server, 'link', 'add', 'eth0', 'type', 'veth', 'peer', 'name', 'eth0', 'netns', client)
  for (const [host, address] of [
    [server, '10.77.0.1/24'],
    [client, '10.77.0.2/24'],
  ] as const) {
    ip('-n', host, 'addr', 'add', address, 'dev', 'eth0')
    for (const device of ['lo', 'eth0']) ip('-n', host, 'link', 'set', device, 'up')
  }
  return {
    ...{ server, client, serverAddress: '10.77.0.1', device: 'eth0' },
    run: (host, program, words) =>
      spawn('ip', ['netns', 'exec', host, program, ...words], {
        stdio: ['pipe', 'pipe', 'pipe'],
      }),
    close: () => {
      for (const host of [server, client]) ip('netns', 'del', host)
    },
  }
}

/** Resolves when a sensor says that it captures; what else it says goes to our standard error. */
export async function untilCapturing(sensor: ReturnType<typeof spawn>): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    sensor.once('close', () => reject(new Error('the sensor ended')))
    sensor.stderr!.on('data', (chunk: Buffer) => {
      if (chunk.includes('"capturing"')) resolve()
      else process.stderr.write(chunk)
    })
  })
  // The first batches pay for compilation.
  await delay(1000)
}

export interface Usage {
  readonly cpuSeconds: number
  /** Resident, what is shared in shares. */
  readonly memoryBytes: number
}

/** What a process and each of its children use. */
export function readUsages(pid: number): Usage[] {
  return [pid, ...childrenOf(pid)].map((each) => {
    const stat = readFileSync(`/proc/${each}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const rollup = readFileSync(`/proc/${each}/smaps_rollup`, 'utf8')
    return {
      cpuSeconds: (Number(fields[11]) + Number(fields[12])) / 100,
      memoryBytes: Number(/^Pss:\s+(\d+)/m.exec(rollup)?.[1] ?? 0) * 1024,
    }
  })
}

const childrenOf = (pid: number): number[] =>
  readdirSync(`/proc/${pid}/task`).flatMap((task) =>
    readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8')
      .split(' ')
      .filter((each) => each !== '')
      .map(Number),
  )

import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { brokerClassPath } from './broker-jars.ts'
import { type BrokerPorts, brokerProperties, testUser } from './broker-properties.ts'
import { type Certificates, makeCertificates } from './certificates.ts'

/** A real Apache Kafka of one node on loopback ports, ended by its own handle. */
export interface Broker {
  /** `127.0.0.1:port` of each listener. */
  readonly plain: string
  readonly sasl: string
  /** Asks for a client certificate. */
  readonly tls: string
  readonly saslTls: string
  readonly certificates: Certificates
  readonly pid: () => number
  /** Starts it again on its ports with its data. */
  start(): Promise<void>
  /** Ends it in an orderly way, or at once with SIGKILL. */
  stop(signal?: 'SIGTERM' | 'SIGKILL'): Promise<void>
  /** SIGSTOP and SIGCONT: the host is there, the process does not answer. */
  freeze(): void
  thaw(): void
  /** Stops it and removes its data. */
  close(): Promise<void>
}

const heap = '-Xmx384m'
const startMillisMax = 60_000
/** Of a broker with little to do: fewer compiler and collector threads start faster. */
const javaFlags = [heap, '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Xshare:auto']

/** Starts a broker; `flags` replace the ones for a quick start, for benchmarks. */
export async function startBroker(flags: readonly string[] = javaFlags): Promise<Broker> {
  const folder = mkdtempSync(join(tmpdir(), 'goldpan-broker-'))
  const [plain, controller, sasl, tls, saslTls] = (await freePorts(5)) as Five
  const ports: BrokerPorts = { plain, controller, sasl, tls, saslTls }
  const certificates = makeCertificates(folder)
  const properties = join(folder, 'server.properties')
  writeFileSync(properties, brokerProperties(folder, ports, certificates))
  const java = ['-cp', brokerClassPath(), ...flags, `-Dorg.slf4j.simpleLogger.defaultLogLevel=warn`]
  execFileSync('java', [...java, ...formatCommand(properties)], { stdio: ['ignore', 'ignore', 2] })
  const process = new BrokerProcess([...java, 'kafka.Kafka', properties], join(folder, 'out'))
  const start = async (): Promise<void> => {
    process.spawn()
    await process.waitForPort(plain)
  }
  await start()
  const at = (port: number): string => `127.0.0.1:${port}`
  return {
    plain: at(plain),
    sasl: at(sasl),
    tls: at(tls),
    saslTls: at(saslTls),
    certificates,
    pid: () => process.pid(),
    start,
    stop: (signal = 'SIGTERM') => process.stop(signal),
    freeze: () => process.kill('SIGSTOP'),
    thaw: () => process.kill('SIGCONT'),
    async close() {
      await process.stop('SIGKILL')
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

type Five = [number, number, number, number, number]

/** One process of the broker after the other. */
class BrokerProcess {
  readonly #args: readonly string[]
  readonly #output: string
  #child: ChildProcess | undefined

  constructor(args: readonly string[], output: string) {
    this.#args = args
    this.#output = output
  }

  spawn(): void {
    const out = openSync(this.#output, 'a')
    const child = spawn('java', [...this.#args], { stdio: ['ignore', out, out] })
    this.#child = child
    // Nothing of it outlives the process that started it, however that one ends by itself.
    const end = (): void => void child.kill('SIGKILL')
    process.once('exit', end)
    child.once('exit', () => process.off('exit', end))
    closeSync(out)
  }

  pid(): number {
    return this.#child!.pid!
  }

  kill(signal: NodeJS.Signals): void {
    this.#child?.kill(signal)
  }

  async stop(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const child = this.#child
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    const exit = once(child, 'exit')
    child.kill('SIGCONT')
    child.kill(signal)
    await exit
  }

  async waitForPort(port: number): Promise<void> {
    for (let waited = 0; !(await isOpen(port)); waited += 50) {
      if (this.#child!.exitCode !== null || waited > startMillisMax) {
        await this.stop('SIGKILL')
        throw new Error(`the broker did not start: ${readFileSync(this.#output, 'utf8')}`)
      }
      await delay(50)
    }
  }
}

function formatCommand(properties: string): string[] {
  const { username, password } = testUser
  const scram = ['SCRAM-SHA-256', 'SCRAM-SHA-512'].flatMap((mechanism) => [
    '--add-scram',
    `${mechanism}=[name=${username},password=${password}]`,
  ])
  const id = Buffer.from('goldpan-test-one').toString('base64url')
  return ['kafka.tools.StorageTool', 'format', '-t', id, '-c', properties, ...scram]
}

async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'))
  await Promise.all(servers.map((server) => once(server, 'listening')))
  const ports = servers.map((server) => (server.address() as { port: number }).port)
  await Promise.all(servers.map((server) => once(server.close(), 'close')))
  return ports
}

function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    const finish = (open: boolean) => () => {
      socket.destroy()
      resolve(open)
    }
    socket.once('connect', finish(true)).once('error', finish(false))
  })
}

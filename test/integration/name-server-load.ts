import { execFileSync } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { serverPrograms } from './name-server.ts'
import { startProcess } from './own-process.ts'
import { findTool, missingTools } from './tools.ts'

/** Real queries to a name server on the loopback. */

export const addresses = ['127.0.0.1', '::1'] as const
/** By kdig, over each of UDP and TCP, of each address. */
export const lookups = 5
/** By dnsperf over TCP, of each address. */
export const dnsperfQueries = 400
const dnsperfClients = 8

/** Why this cannot run here: programs are missing, or the loopback cannot be captured. */
export function whyNoServers(): string | undefined {
  const missing = missingTools([...serverPrograms, 'kdig', 'dnsperf', 'tcpdump', 'tshark'])
  if (missing) return missing
  try {
    execFileSync(findTool('tcpdump')!, ['-i', 'lo', '-L'], { stdio: 'ignore' })
    return undefined
  } catch {
    if (process.env.CI === 'true') throw new Error('CI must be allowed to capture the loopback')
    return 'not allowed to capture the loopback'
  }
}

/** Runs a program that ends by itself, and gives its output. */
async function run(name: string, args: readonly string[]): Promise<string> {
  const program = startProcess(findTool(name)!, args)
  const code = await program.finished(20_000)
  if (code !== 0) throw new Error(`${name} ended with ${code}: ${program.output()}`)
  return program.output()
}

/** Queries over UDP and TCP, IPv4 and IPv6; returns how many TCP connections that made. */
export async function queryServer(port: number, folder: string): Promise<number> {
  const file = join(folder, 'queries')
  writeFileSync(file, 'www.example A\n'.repeat(dnsperfQueries))
  let connections = 0
  for (const address of addresses) {
    for (let index = 0; index < lookups; index++) {
      await run('kdig', ['-p', String(port), '+tcp', `@${address}`, 'www.example', 'A'])
      connections++
      await run('kdig', ['-p', String(port), '+notcp', `@${address}`, 'www.example', 'A'])
    }
    const load = ['-m', 'tcp', '-c', String(dnsperfClients), '-n', '1', '-l', '10']
    const output = await run('dnsperf', ['-s', address, '-p', String(port), '-d', file, ...load])
    connections += dnsperfClients + Number(/Reconnections:\s+(\d+)/.exec(output)?.[1] ?? 0)
  }
  return connections
}

/** A query over UDP to each address, by hand: of no client can the id be chosen. */
export async function queryWithId(port: number, id: number): Promise<void> {
  const name = Buffer.from('\x03www\x07example\0\0\x01\0\x01', 'latin1')
  const header = Buffer.from([id >> 8, id & 255, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0])
  for (const address of addresses) {
    const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4')
    socket.send([header, name], port, address)
    await once(socket, 'message')
    socket.close()
  }
}

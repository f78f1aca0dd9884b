import { mkdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { type OwnProcess, startProcess } from './own-process.ts'
import { findTool } from './tools.ts'

export const serverPrograms = ['nsd', 'knotd'] as const
export type ServerProgram = (typeof serverPrograms)[number]

const zone = `$ORIGIN example.
@ 60 SOA ns hostmaster 1 3600 600 86400 60
@ 60 NS ns
ns 60 A 192.0.2.1
www 60 A 192.0.2.2
`

const configurations: Readonly<Record<ServerProgram, (folder: string, port: number) => string>> = {
  nsd: (folder, port) => `server:
  ip-address: 127.0.0.1@${port}
  ip-address: ::1@${port}
  username: ""
  zonesdir: "${folder}"
  pidfile: ""
  database: ""
  xfrdfile: "${folder}/xfrd"
  zonelistfile: "${folder}/zonelist"
  tcp-count: 200
remote-control:
  control-enable: no
zone:
  name: example
  zonefile: example.zone
`,
  knotd: (folder, port) => `server:
  rundir: ${folder}
  listen: [ 127.0.0.1@${port}, "::1@${port}" ]
database:
  storage: ${folder}
control:
  listen: ${folder}/control
log:
  - target: stderr
    any: info
zone:
  - domain: example
    file: ${folder}/example.zone
    zonefile-sync: -1
    journal-content: none
`,
}

const argumentsOf: Readonly<Record<ServerProgram, (file: string) => string[]>> = {
  nsd: (file) => ['-d', '-c', file],
  knotd: (file) => ['-c', file],
}

/** A port of the loopback that was free just now, on IPv4 and IPv6. */
export async function findFreePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => {
    server.listen(0, '::', resolve)
  })
  const address = server.address()
  await new Promise((resolve) => {
    server.close(resolve)
  })
  if (typeof address !== 'object' || address === null) throw new Error('no port was given')
  return address.port
}

/** Starts an authoritative server of the zone `example.` on the loopback. */
export async function startNameServer(
  program: ServerProgram,
  parent: string,
  port: number,
): Promise<OwnProcess> {
  const folder = join(parent, program)
  mkdirSync(folder)
  writeFileSync(join(folder, 'example.zone'), zone)
  const file = join(folder, 'configuration')
  writeFileSync(file, configurations[program](folder, port))
  const server = startProcess(findTool(program)!, argumentsOf[program](file))
  await server.waitFor(/nsd started|server started/, 10_000)
  await delay(50)
  return server
}

import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseWorld } from '@goldpan/simulator'
import { exitCode } from '../exit-code.ts'
import { complain } from '../standard-error.ts'
import { run as analyze } from './analyze.ts'
import { simulateInto } from './simulate.ts'

export interface DemoOptions {
  readonly out?: string
}

const demoWorld = new URL('../../../packages/simulator/worlds/demo.yaml', import.meta.url)

/** Simulates a day of six sites and analyzes its captures as if they were the user's own. */
export async function run({ out }: DemoOptions): Promise<number> {
  const world = parseWorld(readFileSync(demoWorld, 'utf8'))
  if (!world.ok) throw new Error(`${fileURLToPath(demoWorld)}: ${world.error.message}`)
  const folder = out ?? mkdtempSync(join(tmpdir(), 'goldpan-demo-'))
  const { sites, hours, service } = world.value
  complain(`simulating ${hours} hours of ${sites.length} sites into ${folder}`)
  const written = await simulateInto(folder, world.value, true)
  if (!written.ok) {
    complain(written.error)
    return exitCode.failed
  }
  complain('analyzing their captures')
  const page = join(folder, 'report.html')
  const code = await analyze({
    inputs: sites.map((site) => `${site}=${join(folder, `${site}.pcap`)}`),
    service,
    sites: join(folder, 'sites.csv'),
    networks: [join(folder, 'networks.csv')],
    format: 'text',
    html: page,
    ports: [53],
  })
  if (code !== exitCode.failed) complain(`the report as a page, with plots: ${page}`)
  complain(`the captures, and truth.json with what is wrong in them, are in ${folder}`)
  return code
}

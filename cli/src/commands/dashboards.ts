import { writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { makeFolder } from '@goldpan/runtime/make-folder'
import { grafanaEnvironment, provisioningTree } from 'grafana-dashboards-generator'
import { exitCode } from '../exit-code.ts'
import { complain } from '../standard-error.ts'

export interface DashboardsOptions {
  readonly out: string
}

/** Writes Grafana's provisioning files. */
export async function run({ out }: DashboardsOptions): Promise<number> {
  const tree = provisioningTree()
  try {
    for (const [path, text] of tree) {
      makeFolder(dirname(join(out, path)))
      writeFileSync(join(out, path), text)
    }
  } catch (error) {
    complain(`${out} cannot be written: ${(error as Error).message}`)
    return exitCode.failed
  }
  complain(`${tree.size} files are in ${out}; start Grafana with these in its environment:`)
  for (const [name, about] of Object.entries(grafanaEnvironment)) complain(`  ${name}: ${about}`)
  return exitCode.done
}

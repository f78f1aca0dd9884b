import { writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { makeFolder } from '@goldpan/runtime/make-folder'
import { grafanaEnvironment, provisioningTree } from 'grafana-dashboards-generator'
import { exitCode } from '../exit-code.ts'
import { complain } from '../standard-error.ts'

export interface DashboardsOptions {
  readonly out: string
  /** Address under which alerts find their runbooks. */
  readonly runbooks?: string
}

/** Writes Grafana's provisioning files. */
export async function run({ out, runbooks }: DashboardsOptions): Promise<number> {
  if (runbooks !== undefined && !/^https?:\/\/[^\s/]+/.test(runbooks)) {
    complain(`${runbooks} is no address of runbooks: write such as https://grafana.example/d`)
    return exitCode.usage
  }
  const address = runbooks?.replace(/\/+$/, '')
  const tree = provisioningTree(address === undefined ? {} : { runbooks: address })
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
  for (const [name, about] of Object.entries(grafanaEnvironment)) {
    if (name !== 'GOLDPAN_RUNBOOKS' || address === undefined) complain(`  ${name}: ${about}`)
  }
  return exitCode.done
}

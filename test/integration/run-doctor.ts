import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const main = fileURLToPath(new URL('../../cli/src/main.ts', import.meta.url))
const cleanEnv = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !name.startsWith('GOLDPAN_')),
)

export interface Seen {
  readonly code: number | null
  readonly stopsAt: string | null
  /** What was seen where it stops, or everywhere when it does not. */
  readonly text: string
  readonly passed: readonly string[]
  /** What was looked at, in order. */
  readonly stages: readonly { readonly stage: string; readonly state: string }[]
}

interface DoctorSurroundings {
  readonly env?: Readonly<Record<string, string>>
  /** Words for Node itself. */
  readonly node?: readonly string[]
}

/** The doctor of a folder, run beside this process, which may be what it asks. */
export const doctorIn =
  (folder: string) =>
  (words: readonly string[], { env = {}, node = [] }: DoctorSurroundings = {}): Promise<Seen> => {
    const all = [...node, main, 'doctor', '--seconds', '1', '--format', 'json', ...words]
    const child = spawn(process.execPath, all, { cwd: folder, env: { ...cleanEnv, ...env } })
    let out = ''
    let complaint = ''
    child.stdout.on('data', (chunk) => (out += chunk))
    child.stderr.on('data', (chunk) => (complaint += chunk))
    return new Promise((resolve, reject) =>
      child.on('close', (code) => {
        if (out === '') return reject(new Error(complaint))
        const { stops_at, stages } = JSON.parse(out)
        resolve({
          ...{ code, stages },
          stopsAt: stops_at,
          text: JSON.stringify(stages.at(-1)),
          passed: stages
            .filter(({ state }: { state: string }) => state === 'flows')
            .map(({ stage }: { stage: string }) => stage),
        })
      }),
    )
  }

import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/**
 * The C programs that speed is measured against: `genpcap` (packets with known truth), `rtt_read`
 * (read() and a hash table) and `rtt_pcap` (libpcap), built from the folder GOLDPAN_YARDSTICK.
 */
export interface Yardstick {
  readonly folder: string
  readonly genpcap: string
  readonly rttRead: string
  readonly rttPcap: string
  remove(): void
}

export function buildYardstick(): Yardstick {
  const source = process.env.GOLDPAN_YARDSTICK
  if (!source || !existsSync(join(source, 'genpcap.c'))) {
    throw new Error('set GOLDPAN_YARDSTICK to the folder with genpcap.c, rtt_read.c and rtt_pcap.c')
  }
  const folder = mkdtempSync(join(tmpdir(), 'goldpan-bench-'))
  const build = (name: string, ...flags: string[]): string => {
    const program = join(folder, name)
    execFileSync('gcc', [
      '-O3',
      '-march=native',
      '-o',
      program,
      join(source, `${name}.c`),
      ...flags,
    ])
    return program
  }
  return {
    folder,
    genpcap: build('genpcap', '-lm'),
    rttRead: build('rtt_read'),
    rttPcap: build('rtt_pcap', '-lpcap'),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}

export interface Cost {
  readonly cpuSeconds: number
  readonly megabytes: number
}

/** Runs a command with its output in a file; CPU of user and system, most resident memory. */
export function measure(command: readonly string[], output = '/dev/null'): Cost {
  const report = join(mkdtempSync(join(tmpdir(), 'goldpan-time-')), 'report')
  try {
    const script =
      'out=$1 report=$2; shift 2; exec /usr/bin/time -f "%U %S %M" -o "$report" "$@" >"$out"'
    execFileSync('sh', ['-c', script, 'sh', output, report, ...command], {
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    const [user, system, kilobytes] = readFileSync(report, 'utf8').trim().split(' ').map(Number)
    return { cpuSeconds: user! + system!, megabytes: kilobytes! / 1024 }
  } finally {
    rmSync(join(report, '..'), { recursive: true, force: true })
  }
}

/** Measures several commands in turn, so that all see the same machine; the median of each. */
export function measureInTurn<Name extends string>(
  commands: Readonly<Record<Name, () => Cost>>,
  rounds: number,
): Record<Name, Cost> {
  const costs = new Map<Name, Cost[]>()
  for (let round = 0; round < rounds; round++) {
    for (const name of Object.keys(commands) as Name[]) {
      costs.set(name, [...(costs.get(name) ?? []), commands[name]()])
    }
  }
  return Object.fromEntries(
    [...costs].map(([name, each]) => [
      name,
      {
        cpuSeconds: median(each.map((cost) => cost.cpuSeconds)),
        megabytes: Math.max(...each.map((cost) => cost.megabytes)),
      },
    ]),
  ) as Record<Name, Cost>
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((left, right) => left - right)[numbers.length >> 1]!
}

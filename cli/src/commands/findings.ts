import { type Finding, parsePacketTime } from '@goldpan/core'
import { formatFindingsText } from '@goldpan/report'
import { readFindings, readNewestMicros } from '@goldpan/warehouse'
import { exitCode } from '../exit-code.ts'
import { readWarehouse } from '../open-warehouse.ts'
import { complain } from '../standard-error.ts'

export interface FindingsOptions {
  readonly open?: boolean
  /** A duration before the end of the data in packet time, such as `7d`. */
  readonly since?: string
  readonly warehouse?: string
  readonly format: 'text' | 'json'
}

const unitSeconds: Readonly<Record<string, number>> = { m: 60, h: 3600, d: 86_400, w: 604_800 }

/** Prints what the last analysis found, worst first. */
export async function run(options: FindingsOptions): Promise<number> {
  const sinceMicros = parseDurationMicros(options.since)
  if (sinceMicros === undefined) {
    complain(`${options.since} is no duration: write a number and m, h, d or w, such as 7d`)
    return exitCode.usage
  }
  const read = await readWarehouse(options.warehouse, async (warehouse) => ({
    all: await readFindings(warehouse),
    newestMicros: await readNewestMicros(warehouse),
  }))
  if (!read.ok) {
    complain(read.error.message)
    return exitCode.failed
  }
  const { all, newestMicros } = read.value
  const newest = Math.max(newestMicros, ...all.map(lastMicros))
  const findings = all.filter(
    (finding) =>
      lastMicros(finding) >= newest - sinceMicros && (!options.open || finding.state === 'open'),
  )
  const text =
    options.format === 'json'
      ? `${JSON.stringify(findings, null, 2)}\n`
      : formatFindingsText(findings, { colour: process.stdout.isTTY === true })
  process.stdout.write(text)
  return exitCode.done
}

/** Microseconds of a duration; Infinity without one; undefined when it is none. */
function parseDurationMicros(text: string | undefined): number | undefined {
  if (text === undefined) return Number.POSITIVE_INFINITY
  const match = /^(\d+)([mhdw])$/.exec(text)
  return match ? Number(match[1]) * unitSeconds[match[2]!]! * 1e6 : undefined
}

/** When a finding last changed. */
const lastMicros = (finding: Finding): number =>
  parsePacketTime(finding.resolved ?? finding.opened) ?? 0

import { type Finding, parsePacketTime } from '@goldpan/core'
import { formatFindingsText } from '@goldpan/report'
import { readFindings, readNewestMicros } from '@goldpan/warehouse'
import { noDuration, parseDurationMicros } from '../duration.ts'
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

/** Prints what the last analysis found, worst first. */
export async function run(options: FindingsOptions): Promise<number> {
  const sinceMicros = parseDurationMicros(options.since)
  if (sinceMicros === undefined) {
    complain(noDuration(options.since))
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

/** When a finding last changed. */
const lastMicros = (finding: Finding): number =>
  parsePacketTime(finding.resolved ?? finding.opened) ?? 0

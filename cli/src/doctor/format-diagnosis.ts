import type { StageName, Verdict } from './stage.ts'
import type { Diagnosis } from './walk.ts'

const marks = { flows: 'ok  ', stops: 'STOP', unseen: '?   ' } as const
const nameWidth = 12
const indent = ' '.repeat(marks.flows.length + 1 + nameWidth)

/** One stage, as soon as it was looked at. */
export function formatStage(name: StageName, verdict: Verdict): string {
  const lines = [`${marks[verdict.state]} ${name.padEnd(nameWidth)}${verdict.sees}`]
  if (verdict.state === 'stops') lines.push(`${indent}to do: ${verdict.advice}`)
  if (verdict.state === 'flows') {
    for (const note of verdict.notes ?? []) lines.push(`${indent}note: ${note}`)
  }
  return `${lines.join('\n')}\n`
}

/** Whether there was anything to look at. */
export const seesAnything = ({ stages }: Diagnosis): boolean =>
  stages.some(({ verdict }) => verdict.state !== 'unseen')

/** The last line. */
export function formatEnd({ stopsAt, stages }: Diagnosis): string {
  if (stopsAt !== undefined) return `\ndata stop at: ${stopsAt}\n`
  if (!seesAnything({ stopsAt, stages })) {
    return (
      '\nnothing can be seen from here: name a configuration with --config, ' +
      'or --interface, --capture-url, --bus or --warehouse\n'
    )
  }
  const unseen = stages.filter(({ verdict }) => verdict.state === 'unseen').length
  return `\ndata pass every stage that can be seen from here (${unseen} cannot)\n`
}

export function formatDiagnosisJson({ stopsAt, stages }: Diagnosis): string {
  const list = stages.map(({ name, verdict }) => ({ stage: name, ...verdict }))
  return `${JSON.stringify({ stops_at: stopsAt ?? null, stages: list }, null, 2)}\n`
}

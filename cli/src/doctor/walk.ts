import type { DoctorContext } from './context.ts'
import type { Stage, StageName, Verdict } from './stage.ts'

export interface Diagnosis {
  /** The one stage at which data stop; undefined when they pass wherever it could be seen. */
  readonly stopsAt: StageName | undefined
  /** The stages that were looked at, in order. */
  readonly stages: readonly { readonly name: StageName; readonly verdict: Verdict }[]
}

/**
 * Looks at stage after stage and ends at the first that stops the data: what is wrong behind it may
 * be its doing.
 */
export async function walkStages(
  stages: readonly Stage[],
  context: DoctorContext,
  onVerdict: (name: StageName, verdict: Verdict) => void = () => {},
): Promise<Diagnosis> {
  const seen: { name: StageName; verdict: Verdict }[] = []
  for (const { name, look } of stages) {
    const verdict = await look(context)
    seen.push({ name, verdict })
    onVerdict(name, verdict)
    if (verdict.state === 'stops') return { stopsAt: name, stages: seen }
  }
  return { stopsAt: undefined, stages: seen }
}

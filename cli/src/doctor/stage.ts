import type { DoctorContext } from './context.ts'

/** The stages in the order in which they are looked at: each needs those before it. */
export const stageNames = [
  ...(['sensor', 'packets', 'filter', 'handshakes'] as const),
  ...(['broker', 'credentials', 'topics'] as const),
  ...(['warehouse', 'migrations', 'rights', 'disk'] as const),
  ...(['estimator', 'clock', 'rows', 'analyzer'] as const),
] as const
export type StageName = (typeof stageNames)[number]

/** What was seen of a stage. */
export type Verdict =
  /** Data pass; `notes` are worth a look nevertheless. */
  | { readonly state: 'flows'; readonly sees: string; readonly notes?: readonly string[] }
  /** Data stop here; `advice` says what to do. */
  | { readonly state: 'stops'; readonly sees: string; readonly advice: string }
  /** It cannot be seen from here. */
  | { readonly state: 'unseen'; readonly sees: string }

export interface Stage {
  readonly name: StageName
  look(context: DoctorContext): Promise<Verdict>
}

export const flows = (sees: string, notes: readonly string[] = []): Verdict => ({
  state: 'flows',
  sees,
  notes,
})
export const stops = (sees: string, advice: string): Verdict => ({ state: 'stops', sees, advice })
export const unseen = (sees: string): Verdict => ({ state: 'unseen', sees })

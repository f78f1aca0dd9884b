import { handshakeCounterNames } from './handshake-counters.ts'
import { createTrafficCounters } from './traffic-counters.ts'

/** Where on the way from packets to the bus something is counted. */
export type CounterStage = 'segment' | 'handshake' | 'traffic' | 'batch' | 'spool'

const handshake = new Set<string>([...handshakeCounterNames, 'excluded_handshakes'])
const traffic = new Set(Object.keys(createTrafficCounters()))

/** The stage that counts a reason: the label beside it at `/metrics`. */
export function stageOf(reason: string): CounterStage {
  if (handshake.has(reason)) return 'handshake'
  if (traffic.has(reason)) return 'traffic'
  if (reason.startsWith('spool_')) return 'spool'
  // Frames without a segment, packets of others.
  if (/^(?:frames|packets)_/.test(reason)) return 'segment'
  return reason === 'clock_step_discarded_rows' ? 'batch' : 'handshake'
}

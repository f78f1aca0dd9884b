import { setTimeout as delay } from 'node:timers/promises'
import { topics } from '@goldpan/runtime'
import type { GroupInspection, PartitionState } from '@goldpan/runtime/kafka'
import { readHealth } from '../service-health.ts'
import type { DoctorContext } from './context.ts'
import { flows, type Stage, stops, unseen, type Verdict } from './stage.ts'

/** The consumer group takes what the topics hold. */
export const estimatorStage: Stage = {
  name: 'estimator',
  async look(context) {
    if (!context.bus) return unseen('no bus of brokers is configured')
    const { inspector } = context.bus
    const first = await inspector.inspectGroup(context.group, topics)
    if (!first.ok) return unseen(first.error.reason)
    if (lagOf(first.value) > 0) await delay(context.seconds * 1000)
    const last = await inspector.inspectGroup(context.group, topics)
    if (!last.ok) return unseen(last.error.reason)
    const health = await readHealth(context.urls.estimate, '/readyz')
    return judge(context, first.value, last.value, health.reasons)
  },
}

function judge(
  { group, seconds, urls }: DoctorContext,
  first: GroupInspection,
  last: GroupInspection,
  reasons: readonly string[],
): Verdict {
  if (last.members === 0) {
    return stops(
      `no estimator is in the group ${group}, ${lagOf(last)} messages wait`,
      'start goldpan estimate, or name its group with --group',
    )
  }
  const stuck = last.partitions.filter((now, index) => isStuck(first.partitions[index], now))
  if (stuck.length > 0) {
    const { topic, partition, high, next } = stuck[0]!
    const why = reasons.length > 0 ? ` (${reasons.join('; ')})` : ''
    return stops(
      `the group ${group} did not move on ${topic} partition ${partition} in ${seconds} s, ` +
        `${high - (next ?? 0)} messages wait${why}`,
      `read the estimator's log and ${urls.estimate}/metrics; a restart of it is safe`,
    )
  }
  const notes = reasons.map((reason) => `the estimator is not ready: ${reason}`)
  return flows(`${last.members} estimators, ${lagOf(last)} messages wait`, notes)
}

const isStuck = (before: PartitionState | undefined, now: PartitionState): boolean =>
  waiting(now) > 0 && before !== undefined && waiting(before) > 0 && now.next === before.next

const waiting = ({ high, next }: PartitionState): number => high - (next ?? 0)

const lagOf = ({ partitions }: GroupInspection): number =>
  partitions.reduce((sum, partition) => sum + waiting(partition), 0)

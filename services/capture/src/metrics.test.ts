import { createMetrics } from '@goldpan/runtime'
import { expect, it } from 'vitest'
import { stageOf } from './counter-stage.ts'
import { createCaptureMetrics } from './metrics.ts'

it('counts what Kafka acknowledged and how often an attempt failed', async () => {
  const metrics = createMetrics({ component: 'capture', withProcess: false })
  const { sending } = createCaptureMetrics(metrics)
  sending.sent(2, 300, 4000)
  sending.sent(1, 50, 600)
  sending.retried()
  const text = await metrics.format()
  expect(text).toContain('\ngoldpan_capture_sent_messages_total 3\n')
  expect(text).toContain('\ngoldpan_capture_sent_rows_total 350\n')
  expect(text).toContain('\ngoldpan_capture_sent_bytes_total 4600\n')
  expect(text).toContain('\ngoldpan_capture_send_retries_total 1\n')
})

it('says at which stage each reason is counted', () => {
  const reasons = ['syns', 'wrong_ack', 'excluded_handshakes', 'sampled_out', 'not_dns']
  const more = ['frames_malformed', 'packets_of_other_services', 'spool_dropped_rows']
  expect(
    [...reasons, ...more, 'clock_step_discarded', 'clock_step_discarded_rows'].map(stageOf),
  ).toEqual([
    ...['handshake', 'handshake', 'handshake', 'traffic', 'traffic'],
    ...['segment', 'segment', 'spool', 'handshake', 'batch'],
  ])
})

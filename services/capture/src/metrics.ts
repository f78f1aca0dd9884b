import type { Metrics, Spool } from '@goldpan/runtime'
import type { KafkaSenderMetrics } from '@goldpan/runtime/kafka'
import { stageOf } from './counter-stage.ts'
import type { LiveSensor } from './live-sensor.ts'

export type CaptureMetrics = ReturnType<typeof createCaptureMetrics>

/** What Prometheus reads of a sensor: what it sends, and the rest once a second. */
export function createCaptureMetrics(metrics: Metrics) {
  const packets = metrics.counter({ name: 'packets_total', help: 'Packets that were looked at.' })
  const bytes = metrics.counter({ name: 'bytes_total', help: 'Captured bytes looked at.' })
  const events = metrics.counter({
    name: 'events_total',
    help: 'Handshakes, discards and bounds reached, by stage and reason, as in the heartbeat.',
    labels: ['stage', 'reason'],
  })
  const drops = metrics.counter({
    name: 'kernel_dropped_packets_total',
    help: 'Packets that the kernel dropped because the sensor was late.',
    labels: ['stage', 'reason'],
  })
  const pending = metrics.gauge({ name: 'pending', help: 'Pending handshakes now.' })
  const rate = metrics.gauge({
    name: 'traffic_sampling_rate',
    help: 'One in how many queries over UDP is counted; 0 is none.',
  })
  const cores = metrics.gauge({ name: 'cpu_cores', help: 'Cores that the sensor uses.' })
  const waiting = metrics.gauge({
    name: 'unacknowledged_messages',
    help: 'Messages that the bus has not acknowledged.',
  })
  const spoolBytes = metrics.gauge({ name: 'spool_bytes', help: 'Bytes of messages on disk.' })
  const moved = createDeltas()
  return {
    sending: createSendMetrics(metrics),
    update(sensor: LiveSensor, spool: Spool | undefined): void {
      const { pass } = sensor.pass
      packets.inc(moved('packets', pass.packets))
      bytes.inc(moved('bytes', pass.bytes))
      drops.inc({ stage: 'kernel', reason: 'late' }, moved('drops', sensor.kernelDrops ?? 0))
      const counters = { ...pass.counters(), ...sensor.pass.counters, ...spool?.counters }
      for (const [reason, count] of Object.entries(counters)) {
        events.inc({ stage: stageOf(reason), reason }, moved(reason, count))
      }
      pending.set(pass.tracker.pending)
      rate.set(sensor.giveWay.rate)
      cores.set(sensor.cpuCores)
      waiting.set(spool?.waiting ?? 0)
      spoolBytes.set(spool?.diskBytes ?? 0)
    },
  }
}

/** What Kafka acknowledged, and how often it did not. */
function createSendMetrics(metrics: Metrics): KafkaSenderMetrics {
  const messages = metrics.counter({
    name: 'sent_messages_total',
    help: 'Messages that Kafka acknowledged.',
  })
  const rows = metrics.counter({ name: 'sent_rows_total', help: 'Rows of these messages.' })
  const bytes = metrics.counter({
    name: 'sent_bytes_total',
    help: 'Bytes of these messages before compression.',
  })
  const retries = metrics.counter({
    name: 'send_retries_total',
    help: 'Attempts that failed; the same messages are sent again.',
  })
  return {
    sent(ofMessages, ofRows, ofBytes) {
      messages.inc(ofMessages)
      rows.inc(ofRows)
      bytes.inc(ofBytes)
    },
    retried: () => retries.inc(),
  }
}

/** How much a running total has grown since it was last told. */
function createDeltas(): (name: string, total: number) => number {
  const totals = new Map<string, number>()
  return (name, total) => {
    const before = totals.get(name) ?? 0
    totals.set(name, Math.max(total, before))
    return Math.max(total - before, 0)
  }
}

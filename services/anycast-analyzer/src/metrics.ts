import type { Metrics } from '@goldpan/runtime'

/** What moves in `goldpan watch`; a service is one of the operator's few. */
export function createWatchMetrics(metrics: Metrics) {
  const perService = ['service'] as const
  return {
    rounds: metrics.counter({
      name: 'rounds_total',
      help: 'Looks at the warehouse, by result: decided, idle, superseded or failed.',
      labels: ['service', 'result'],
    }),
    roundSeconds: metrics.histogram({
      name: 'round_seconds',
      help: 'Time that a round took which decided minutes.',
      buckets: [0.1, 0.3, 1, 3, 10, 30, 100, 300],
    }),
    minutes: metrics.counter({
      name: 'minutes_decided_total',
      help: 'Minutes of packet time decided by this watcher.',
      labels: perService,
    }),
    decidedUntil: metrics.gauge({
      name: 'decided_until_seconds',
      help: 'Packet time up to which minutes are decided, seconds since 1970.',
      labels: perService,
    }),
    lag: metrics.gauge({
      name: 'lag_seconds',
      help: 'Packet time between the last decided minute and the farthest sensor.',
      labels: perService,
    }),
    prefixes: metrics.gauge({
      name: 'prefixes',
      help: 'Client prefixes by what is known: network_and_country, network, country or none.',
      labels: ['service', 'known'],
    }),
    open: metrics.gauge({
      name: 'findings_open',
      help: 'Findings that are open now.',
      labels: ['service', 'kind', 'severity'],
    }),
    told: metrics.counter({
      name: 'findings_told_total',
      help: 'Findings written because they were opened, resolved or measured anew.',
      labels: ['service', 'state'],
    }),
    lateRows: metrics.counter({
      name: 'late_rows_total',
      help: 'Handshakes that came after their minute was decided.',
      labels: perService,
    }),
    setAside: metrics.gauge({
      name: 'sensors_set_aside',
      help: 'Always 1: a live sensor that is not waited for, and why: clock, silent or behind.',
      labels: ['service', 'site', 'sensor', 'reason'],
    }),
  }
}

export type WatchMetrics = ReturnType<typeof createWatchMetrics>

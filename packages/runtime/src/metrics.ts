import type * as PromClient from 'prom-client'
import type { Counter, Gauge, Histogram, Registry } from 'prom-client'
import packageJson from '../package.json' with { type: 'json' }
import { loadPackage } from './load-package.ts'

export type { Counter, Gauge, Histogram } from 'prom-client'

/** One family, by its name without `goldpan_<component>_`; never a label per client or prefix. */
export interface MetricWords<Label extends string> {
  /** snake_case in base units: `_seconds`, `_bytes`; a counter ends in `_total`. */
  readonly name: string
  /** One sentence. */
  readonly help: string
  readonly labels?: readonly Label[]
}

export interface GaugeWords<Label extends string> extends MetricWords<Label> {
  /** Called at each scrape to set the value, where nothing else moves it. */
  readonly collect?: (gauge: Gauge<Label>) => void | Promise<void>
}

export interface HistogramWords<Label extends string> extends MetricWords<Label> {
  /** Upper bounds in the unit of the name, ascending. */
  readonly buckets: readonly number[]
}

/** What a metric is called and means: a row of the reference page. */
export interface MetricFamily {
  readonly name: string
  readonly type: string
  readonly help: string
  readonly labels: readonly string[]
}

/** The metrics of one component, as Prometheus reads them. */
export interface Metrics {
  counter<Label extends string = never>(words: MetricWords<Label>): Counter<Label>
  gauge<Label extends string = never>(words: GaugeWords<Label>): Gauge<Label>
  histogram<Label extends string = never>(words: HistogramWords<Label>): Histogram<Label>
  /** The text of /metrics. */
  format(): Promise<string>
  readonly contentType: string
  families(): MetricFamily[]
  readonly registry: Registry
}

/** Creates the metrics of a component such as `capture`, with goldpan_build_info. */
export function createMetrics({
  component,
  withProcess = true,
}: {
  readonly component: string
  /** Also CPU, memory, file descriptors and event loop of this process. */
  readonly withProcess?: boolean
}): Metrics {
  const client = loadPackage<typeof PromClient>('prom-client')
  const registry = new client.Registry()
  const details = (words: MetricWords<string>) => {
    checkWords(component, words)
    const name = `goldpan_${component}_${words.name}`
    return { name, help: words.help, labelNames: words.labels ?? [], registers: [registry] }
  }
  new client.Gauge({
    name: 'goldpan_build_info',
    help: 'Always 1; the labels say what runs.',
    labelNames: ['component', 'version', 'node'],
    registers: [registry],
  }).set({ component, version: packageJson.version, node: process.versions.node }, 1)
  if (withProcess) client.collectDefaultMetrics({ register: registry })
  return {
    counter: (words) => {
      if (!words.name.endsWith('_total')) throw new Error(`counter ${words.name} ends in _total`)
      return new client.Counter(details(words)) as Counter<never>
    },
    gauge: ({ collect, ...words }) => {
      const gauge: Gauge = new client.Gauge({
        ...details(words),
        ...(collect ? { collect: () => collect(gauge as Gauge<never>) } : {}),
      })
      return gauge as Gauge<never>
    },
    histogram: ({ buckets, ...words }) =>
      new client.Histogram({ ...details(words), buckets: [...buckets] }) as Histogram<never>,
    format: () => registry.metrics(),
    contentType: registry.contentType,
    families: () => readFamilies(registry),
    registry,
  }
}

const unitsNotBase = /_(?:ms|millis|us|micros|minutes|hours|kb|mb|percent)(?:_total)?$/
const labelsPerClient = new Set(['client', 'prefix', 'address', 'client_prefix', 'ip'])

function checkWords(component: string, { name, help, labels = [] }: MetricWords<string>): void {
  const full = `goldpan_${component}_${name}`
  if (!/^[a-z][a-z0-9_]*$/.test(full)) throw new Error(`${full} is not in snake_case`)
  if (unitsNotBase.test(name)) throw new Error(`${full} has another unit than a base unit`)
  if (!/^[A-Z].*\.$/.test(help)) throw new Error(`the help of ${full} is no sentence`)
  const unbounded = labels.find((label) => labelsPerClient.has(label))
  if (unbounded) throw new Error(`${full} has a label per ${unbounded}: that is the warehouse's`)
}

function readFamilies(registry: Registry): MetricFamily[] {
  // The definition of a family is public in prom-client's output only; these fields are stable.
  const metrics = registry.getMetricsAsArray() as unknown as {
    readonly name: string
    readonly help: string
    readonly type?: string
    readonly labelNames?: readonly string[]
    readonly constructor: { readonly name: string }
  }[]
  return metrics.map((metric) => ({
    name: metric.name,
    type: metric.constructor.name.toLowerCase(),
    help: metric.help,
    labels: metric.labelNames ?? [],
  }))
}

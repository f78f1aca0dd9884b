import { AnnotationQueryBuilder } from '@grafana/grafana-foundation-sdk/dashboard'
import { clickhouse, datasourceRef } from './clickhouse.ts'

/**
 * Findings over every picture of a dashboard, from the onset to the end: a step of the RTT says by
 * itself what it is. Grafana knows the columns by their names (time, timeEnd, title, text, tags).
 */
export const findingAnnotations = (): AnnotationQueryBuilder =>
  new AnnotationQueryBuilder()
    .name('Findings')
    .datasource(datasourceRef)
    .enable(true)
    .iconColor('red')
    .target(clickhouse('annotation-findings', 'table', 'Findings'))

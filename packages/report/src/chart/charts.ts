/** All that a page draws; imported lazily, because echarts is. */

export { drawDistribution, rttRange } from './distribution-chart.ts'
export { drawIntervals } from './interval-chart.ts'
export { drawTimeLines } from './time-chart.ts'

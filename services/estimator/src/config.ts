import { duration, integer, list, path, section, text } from '@goldpan/runtime/config'

export const estimateSection = section('The estimator, goldpan estimate.', {
  group: text({
    default: 'goldpan-estimator',
    about: 'Consumer group; all estimators of one warehouse are in the same.',
  }),
  networks: list({
    default: [],
    about: 'Files with networks: CSV, MMDB or pfx2as; the first that knows a prefix speaks.',
  }),
  sites: path({ about: 'CSV file with the places of sites.' }),
  range_rows: integer({
    default: 100_000,
    min: 1,
    max: 400_000,
    unit: 'rows',
    about: 'Rows of a partition that make a block; of a backlog it takes up to four times as many.',
  }),
  range_age: duration({
    default: '250ms',
    min: '10ms',
    max: '60s',
    about: 'How long a row waits for others; longer by itself while the engine has many parts.',
  }),
  session_timeout: duration({
    default: '10s',
    min: '1s',
    max: '5m',
    about: 'An estimator that is silent for so long loses its partitions to others.',
  }),
  stand_still: duration({
    default: '30s',
    min: '2s',
    about: 'A client of the bus without progress for so long is replaced.',
  }),
})

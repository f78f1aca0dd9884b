import { duration, integer, list, section } from '@goldpan/runtime/config'

export const watchSection = section('The live analyzer, goldpan watch.', {
  services: list({
    default: [],
    about: 'Services to watch; none named: every service that a sensor speaks of.',
  }),
  every: duration({
    default: '5s',
    min: '100ms',
    about: 'Time between two looks at the warehouse.',
  }),
  catch_up: integer({
    default: 1440,
    min: 1,
    max: 10_080,
    unit: 'minutes',
    about: 'Minutes of packet time that are decided in one step while catching up.',
  }),
})

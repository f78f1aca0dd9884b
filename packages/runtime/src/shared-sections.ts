import { choice, duration, text } from './config-key.ts'
import { section } from './config-section.ts'
import { logLevels } from './log.ts'

export const logSection = section('What is written to standard error.', {
  level: choice({
    words: logLevels,
    default: 'info',
    about: 'The least important lines that are written.',
  }),
})

const listenPattern = /^(?:off|(?:\[[0-9a-fA-F:.]+\]|[^:[\]]+):\d{1,5})$/
const listen = (service: string, port: number) =>
  text({
    default: `127.0.0.1:${port}`,
    pattern: listenPattern,
    expects: 'HOST:PORT, [HOST]:PORT or off',
    about: `Where ${service} serves /metrics, /healthz and /readyz.`,
  })

export const httpSection = section('Metrics and health of the running services.', {
  capture_listen: listen('goldpan capture', 9601),
  estimate_listen: listen('goldpan estimate', 9602),
  watch_listen: listen('goldpan watch', 9603),
  stop_deadline: duration({
    default: '30s',
    min: '1s',
    about: 'How long a service may take to write what it holds after SIGTERM.',
  }),
})

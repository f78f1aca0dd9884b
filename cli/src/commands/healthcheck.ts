import { exitCode } from '../exit-code.ts'
import { type HealthAnswer, readHealth } from '../service-health.ts'
import { complain } from '../standard-error.ts'

export interface HealthcheckOptions {
  readonly url?: string
  readonly alive?: boolean
  readonly config?: string
}

/** 0 when every service that answers is ready and at least one does. */
export async function run(options: HealthcheckOptions): Promise<number> {
  const urls = options.url === undefined ? await configuredUrls(options) : [options.url]
  if (urls === undefined) return exitCode.failed
  const path = options.alive ? '/healthz' : '/readyz'
  const answers = await Promise.all(urls.map((url) => readHealth(url, path)))
  const there = answers.filter(({ isThere }) => isThere)
  if (there.length === 0) {
    complain(`no service answers at ${urls.join(', ')}: start one, or name it with --url`)
    return exitCode.failed
  }
  for (const { url, reasons } of there) {
    if (reasons.length > 0) complain(`${url} is not ready: ${reasons.join('; ')}`)
  }
  const isGood = (answer: HealthAnswer): boolean => answer.reasons.length === 0
  for (const { url } of there.filter(isGood)) process.stdout.write(`${url} is ready\n`)
  return there.every(isGood) ? exitCode.done : exitCode.failed
}

/** Where the services of this host listen. */
async function configuredUrls(options: HealthcheckOptions): Promise<string[] | undefined> {
  const { httpSection, readConfig } = await import('@goldpan/runtime/config')
  const read = readConfig({ http: httpSection }, { file: options.config, env: process.env })
  if (!read.ok) {
    for (const sentence of read.error.sentences) complain(sentence)
    return undefined
  }
  const { capture_listen, estimate_listen, watch_listen } = read.value.config.http
  return [capture_listen, estimate_listen, watch_listen]
    .filter((listen) => listen !== 'off')
    .map((listen) => `http://${toReachable(listen)}`)
}

/** What listens everywhere is asked on the loopback. */
const toReachable = (listen: string): string =>
  listen.replace(/^0\.0\.0\.0(?=:)/, '127.0.0.1').replace(/^\[::\](?=:)/, '[::1]')

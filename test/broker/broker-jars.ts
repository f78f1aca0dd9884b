import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { missingTools } from '../integration/tools.ts'

const here = fileURLToPath(new URL('.', import.meta.url))
const cache = fileURLToPath(new URL('../../.goldpan/kafka', import.meta.url))
/** Must be the version in pom.xml: another version is another folder. */
const version = '4.1.0'

/** Why no broker can be started here, or undefined; under CI=true that is an error. */
export const missingBroker = (): string | undefined =>
  process.env.KAFKA_BROKERS === undefined ? missingTools(['java', 'mvn', 'openssl']) : undefined

/** The class path of Apache Kafka: taken from Maven Central once, kept in the project's folder. */
export function brokerClassPath(): string {
  const folder = join(cache, `libs-${version}`)
  if (!existsSync(folder)) fetchJars(folder)
  return join(folder, '*')
}

/** Several test files may come at once: each fetches for itself, one rename wins. */
function fetchJars(folder: string): void {
  const partial = join(cache, `partial-${process.pid}`)
  mkdirSync(partial, { recursive: true })
  const goals = ['-q', '-B', '-f', join(here, 'pom.xml'), 'dependency:copy-dependencies']
  execFileSync('mvn', [...goals, `-DoutputDirectory=${partial}`], { stdio: ['ignore', 2, 2] })
  try {
    renameSync(partial, folder)
  } catch {
    rmSync(partial, { recursive: true })
    if (!existsSync(folder)) throw new Error(`the jars of the broker cannot be kept in ${cache}`)
  }
}

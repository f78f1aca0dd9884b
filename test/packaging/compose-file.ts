import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parse } from 'yaml'

export const root = fileURLToPath(new URL('../..', import.meta.url))

export interface ComposeSecret {
  readonly source: string
  readonly uid?: string
  readonly mode?: string
}

export interface ComposeService {
  readonly image: string
  readonly command?: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
  readonly ports?: readonly string[]
  readonly user?: string
  readonly profiles?: readonly string[]
  readonly read_only?: boolean
  readonly secrets?: readonly ComposeSecret[]
  readonly cap_add?: readonly string[]
  readonly volumes?: readonly string[]
  readonly restart?: string
  readonly healthcheck?: { readonly disable?: boolean; readonly test?: readonly string[] }
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>
}

export interface ComposeFile {
  readonly services: Readonly<Record<string, ComposeService>>
  readonly secrets: Readonly<Record<string, { readonly environment: string }>>
}

/** docker-compose.yml with the variables of an environment filled in, as compose does. */
export function readComposeFile(env: Readonly<Record<string, string>>): ComposeFile {
  const text = readFileSync(`${root}/docker-compose.yml`, 'utf8')
  return fillIn(parse(text, { merge: true }), env) as ComposeFile
}

/** Passwords such as packaging/make-env writes. */
export const passwords = {
  GOLDPAN_CLICKHOUSE_PASSWORD: 'c',
  GOLDPAN_ESTIMATOR_PASSWORD: 'e',
  GOLDPAN_WATCH_PASSWORD: 'w',
  GOLDPAN_GRAFANA_PASSWORD: 'g',
  GOLDPAN_GRAFANA_ADMIN_PASSWORD: 'a',
}

const variablePattern = /\$(?:(\$)|\{(\w+)(?:(:[-?])([^}]*))?\})/g

/** Fills the variables of an environment in, as compose does. */
export function fillIn(value: unknown, env: Readonly<Record<string, string>>): unknown {
  if (typeof value === 'string') {
    return value.replaceAll(
      variablePattern,
      (_, dollar?: string, name?: string, mark?: string, rest?: string) => {
        if (dollar) return '$'
        const given = env[name!]
        if (given) return given
        if (mark === ':-') return rest!
        throw new Error(`required variable ${name} is missing a value: ${rest ?? ''}`)
      },
    )
  }
  if (Array.isArray(value)) return value.map((each) => fillIn(each, env))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, fillIn(each, env)]))
}

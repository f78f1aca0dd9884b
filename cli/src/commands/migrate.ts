import { readFileSync } from 'node:fs'
import { err, ok, type Result } from '@goldpan/core'
import { isServerUrl, migrateServer, parseRetention, type Retention } from '@goldpan/warehouse'
import { exitCode } from '../exit-code.ts'
import { openForWriting, readServerAccess } from '../open-warehouse.ts'
import { complain } from '../standard-error.ts'

export interface MigrateOptions {
  readonly warehouse: string
  readonly cluster?: string
  readonly retention?: string
  /** `USER=FILE`, repeatable. */
  readonly password: readonly string[]
}

/** Makes or updates the tables of a warehouse; on a server its users and retention, too. */
export async function run(options: MigrateOptions): Promise<number> {
  const retention =
    options.retention === undefined ? ok(undefined) : parseRetention(options.retention)
  if (!retention.ok) return fail(retention.error.message, exitCode.usage)
  const passwords = readPasswords(options.password)
  if (!passwords.ok) return fail(passwords.error, exitCode.usage)
  if (options.cluster !== undefined && !/^\w+$/.test(options.cluster)) {
    return fail(`${options.cluster} is no name of a cluster`, exitCode.usage)
  }
  return isServerUrl(options.warehouse)
    ? migrateAtServer(options, retention.value, passwords.value)
    : migrateFolder(options)
}

function fail(sentence: string, code: number): number {
  complain(sentence)
  return code
}

async function migrateFolder({ warehouse, ...others }: MigrateOptions): Promise<number> {
  if (
    others.cluster !== undefined ||
    others.retention !== undefined ||
    others.password.length > 0
  ) {
    return fail('--cluster, --retention and --password are for a server', exitCode.usage)
  }
  const opened = await openForWriting(warehouse)
  if (!opened.ok) return fail(opened.error.message, exitCode.failed)
  await opened.value.close()
  return exitCode.done
}

async function migrateAtServer(
  { warehouse, cluster }: MigrateOptions,
  retention: Retention | undefined,
  passwords: ReadonlyMap<string, string>,
): Promise<number> {
  const access = readServerAccess()
  if (!access.ok) return fail(access.error.message, exitCode.failed)
  const migrated = await migrateServer({
    ...{ ...access.value, url: warehouse, passwords, onNote: complain },
    ...(cluster === undefined ? {} : { cluster }),
    ...(retention ? { retention } : {}),
  })
  if (!migrated.ok) return fail(migrated.error.message, exitCode.failed)
  complain(
    migrated.value.length === 0
      ? `the warehouse ${warehouse} was up to date`
      : `the warehouse ${warehouse} got the migrations ${migrated.value.join(', ')}`,
  )
  return exitCode.done
}

/** `goldpan_grafana=FILE` as user and password. */
function readPasswords(given: readonly string[]): Result<Map<string, string>, string> {
  const passwords = new Map<string, string>()
  for (const text of given) {
    const [, user, file] =
      /^(goldpan_(?:estimator|watch|grafana|migrations))=(.+)$/.exec(text) ?? []
    if (!user || !file) {
      return err(
        `${text} is no USER=FILE with goldpan_estimator, goldpan_watch, goldpan_grafana ` +
          'or goldpan_migrations',
      )
    }
    try {
      passwords.set(user, readFileSync(file, 'utf8').replace(/\r?\n$/, ''))
    } catch (error) {
      return err(`${file} cannot be read (${(error as NodeJS.ErrnoException).code}): check it`)
    }
    if (passwords.get(user) === '') return err(`${file} is empty: write the password of ${user}`)
  }
  return ok(passwords)
}

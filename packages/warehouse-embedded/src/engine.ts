import { randomUUID } from 'node:crypto'
import { mkdirSync, readdirSync, rmSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { createClient } from '@clickhouse/client'
import { createChdbConnection } from 'chdb/connection'
import { bindParameters, quoteText, trimStatement, withoutLiterals } from './sql-text.ts'

export type EngineSettings = Readonly<Record<string, string | number>>

export interface Statement {
  readonly sql: string
  /** Text of a parameter by its name and type; null: NULL; undefined: not given. */
  readonly parameter?: (name: string, type: string) => string | null | undefined
  /** They hold for this statement alone. */
  readonly settings?: EngineSettings
  /** Format of the result, where the statement names none. */
  readonly format?: string
}

export interface InsertedBytes {
  /** `table (columns)`. */
  readonly target: string
  /** Columns as in `target`, or `*`. */
  readonly columns: string
  /** Input format of the bytes. */
  readonly format: string
  readonly bytes: Uint8Array
  readonly settings: EngineSettings
}

/**
 * ClickHouse as a library on one folder. Settings go into the statement itself: those that the
 * client would SET stay for the statements after it, and a token that stays would swallow rows.
 */
export interface Engine {
  execute(statement: Statement): Promise<Uint8Array>
  insertBytes(insert: InsertedBytes): Promise<void>
  close(): Promise<void>
}

/** Memory that one statement may use. */
const memoryBytesMax = 800 * 2 ** 20

/** Opens the engine on a folder that belongs to this process. */
export async function openEngine(folder: string): Promise<Engine> {
  const incoming = join(folder, 'incoming')
  mkdirSync(incoming, { recursive: true, mode: 0o700 })
  // What a killed process left behind.
  for (const file of readdirSync(incoming)) rmSync(join(incoming, file))
  const client = createClient({
    connection: createChdbConnection({ path: join(folder, 'data') }),
  } as never)
  const run = async (query: string, format = 'TabSeparated'): Promise<Uint8Array> => {
    const settings = { default_format: format } as never
    const { stream } = await client.exec({ query, clickhouse_settings: settings })
    return buffer(stream)
  }
  await run(`SET max_memory_usage = ${memoryBytesMax}`)
  return {
    async execute({ sql, parameter, settings = {}, format }) {
      const statement = trimStatement(sql)
      refuse(statement, settings)
      const bound = parameter ? bindParameters(statement, parameter) : statement
      return run(withSettings(bound, settings, format), format)
    },
    async insertBytes({ target, columns, format, bytes, settings }) {
      // The engine cuts binary bodies short: it reads them from a private file.
      const file = join(incoming, `${randomUUID()}.rows`)
      await writeFile(file, bytes, { mode: 0o600 })
      try {
        await run(
          `INSERT INTO ${target} ${settingsClause(settings)} ` +
            `SELECT ${columns} FROM file(${quoteText(file)}, ${format})`,
        )
      } finally {
        rmSync(file, { force: true })
      }
    },
    close: () => client.close(),
  }
}

/** A statement that the engine would run, though it must not; as an error of ClickHouse. */
class RefusedStatement extends Error {
  readonly code: string
  readonly type: string

  constructor(code: string, type: string, message: string) {
    super(message)
    this.code = code
    this.type = type
  }
}

function refuse(sql: string, { readonly = 0 }: EngineSettings): void {
  if (sql === '') throw new RefusedStatement('62', 'SYNTAX_ERROR', 'Syntax error: Empty query')
  if (Number(readonly) > 0 && !returnsRows(sql)) {
    throw new RefusedStatement('164', 'READONLY', 'Cannot execute query in readonly mode.')
  }
  if (insertFormat.test(sql)) return
  const bare = withoutLiterals(sql)
  if (/;\s*\S/.test(bare)) {
    const message = 'Syntax error (Multi-statements are not allowed)'
    throw new RefusedStatement('62', 'SYNTAX_ERROR', message)
  }
  if (/\bINTO\s+OUTFILE\b/i.test(bare)) {
    const message = 'INTO OUTFILE is not allowed: redirect the output'
    throw new RefusedStatement('164', 'READONLY', message)
  }
}

function settingsClause(settings: EngineSettings): string {
  const entries = Object.entries(settings)
  if (entries.length === 0) return ''
  const list = entries.map(([name, value]) => `${name} = ${settingLiteral(value)}`)
  return `SETTINGS ${list.join(', ')}`
}

const settingLiteral = (value: string | number): string =>
  /^\d{1,18}$/.test(String(value)) ? String(value) : quoteText(String(value))

const rowsStatement = /^(?:\(|SELECT|WITH|SHOW|DESC|DESCRIBE|EXPLAIN|EXISTS|CHECK)(?![\w])/i
const insertHead = /^INSERT\s+INTO\s+(?:TABLE\s+)?[\w.`"]+\s*(?:\([^)]*\))?/i

/** An INSERT whose rows follow as text or bytes: its table, columns and format. */
export const insertFormat =
  /^INSERT\s+INTO\s+(?:TABLE\s+)?([\w.`"]+)\s*(\([^)]*\))?\s*FORMAT\s+(\w+)\s*/i

/** Whether a statement returns rows. */
const returnsRows = (sql: string): boolean => rowsStatement.test(sql)

/** The statement with its format and settings where its kind takes them. */
function withSettings(sql: string, settings: EngineSettings, format = 'TabSeparated'): string {
  const clause = settingsClause(settings)
  if (returnsRows(sql)) {
    if (/\bFORMAT\s+\w+\s+SETTINGS\b[^)]*$/i.test(sql)) {
      return clause === '' ? sql : `${sql}, ${clause.slice('SETTINGS '.length)}`
    }
    const named = /\bFORMAT\s+\w+$/i.test(sql) ? sql : `${sql}\nFORMAT ${format}`
    return `${named} ${clause}`
  }
  const head = clause === '' ? null : insertHead.exec(sql)
  if (!head) return sql
  const rest = sql.slice(head[0].length).trimStart()
  return /^SETTINGS\b/i.test(rest)
    ? `${head[0]} ${clause}, ${rest.slice('SETTINGS'.length)}`
    : `${head[0]} ${clause} ${rest}`
}

import type { ServerResponse } from 'node:http'
import { type Engine, insertFormat } from './engine.ts'
import { answerBytes, HttpFailure } from './http-answer.ts'
import type { FrontRequest } from './http-request.ts'
import { bindParameters, trimStatement } from './sql-text.ts'

/** Formats whose rows can stand behind the statement as text. */
const textFormat = /^(?:Values|JSON\w*|CSV\w*|TSV\w*|TabSeparated\w*|LineAsString)$/i

/** Runs one statement and answers with its rows. */
export async function runRequest(
  engine: Engine,
  request: FrontRequest,
  response: ServerResponse,
): Promise<void> {
  const sql = trimStatement(request.sql)
  const insert = insertFormat.exec(sql)
  if (insert) {
    await runInsert(engine, request, insert, sql.slice(insert[0].length))
    answerBytes(response, request, new Uint8Array(0), 'TabSeparated')
    return
  }
  const { settings, format, parameter } = request
  const bytes = await engine.execute({ sql, settings, format, parameter })
  answerBytes(response, request, bytes, /\bFORMAT\s+(\w+)/i.exec(sql.slice(-200))?.[1] ?? format)
}

async function runInsert(
  engine: Engine,
  { body, settings, parameter }: FrontRequest,
  [head, table, columns, format]: RegExpExecArray,
  rest: string,
): Promise<void> {
  if (Number(settings.readonly ?? 0) > 0) {
    throw new HttpFailure(164, 'READONLY', 'Cannot execute query in readonly mode.')
  }
  const bound = bindParameters(head, parameter)
  if (textFormat.test(format!)) {
    const rows = rest + new TextDecoder().decode(body)
    if (rows.trim() !== '') await engine.execute({ sql: `${bound.trimEnd()}\n${rows}`, settings })
    return
  }
  if (body.length === 0) return
  const names = columns?.slice(1, -1).trim()
  await engine.insertBytes({
    target: `${table} ${columns ?? ''}`,
    columns: names || '*',
    format: format!,
    bytes: body,
    settings: { ...settings, max_threads: 1, max_insert_threads: 1, max_block_size: 1_000_000 },
  })
}

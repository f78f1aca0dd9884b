/** Just enough of SQL's lexical rules to find what stands outside of literals and comments. */

/** Literals, quoted names and comments, which are passed over whole. */
const opaque =
  /'(?:[^'\\]|\\[\s\S]|'')*'|(["`])(?:(?!\1)[^\\]|\\[\s\S])*\1|--[^\n]*|\/\*[\s\S]*?\*\//y

/** Calls `visit` at every position outside of literals and comments; it returns where to go on. */
function scan(sql: string, visit: (position: number) => number): void {
  let position = 0
  while (position < sql.length) {
    opaque.lastIndex = position
    const skipped = opaque.exec(sql)
    position = skipped ? position + skipped[0].length : visit(position)
  }
}

/** A text as a SQL string literal. */
export function quoteText(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
}

/** The statement with blanks in the place of literals, quoted names and comments. */
export function withoutLiterals(sql: string): string {
  let text = ''
  scan(sql, (position) => {
    text = text.padEnd(position) + sql[position]
    return position + 1
  })
  return text
}

/** The statement without comments in front of it and without its last semicolon. */
export function trimStatement(sql: string): string {
  return sql.replace(/^(?:\s|--[^\n]*(?:\n|$)|\/\*[\s\S]*?\*\/)+/, '').replace(/[\s;]+$/, '')
}

const placeholder = /\{\s*([A-Za-z_]\w*)\s*:\s*([^{}]+?)\s*\}/y

/**
 * Replaces `{name:Type}` outside of literals by the value's literal, cast to the type, as a server
 * does. The engine's own binding lets only one such query run at a time.
 */
export function bindParameters(
  sql: string,
  textOf: (name: string, type: string) => string | null | undefined,
): string {
  let bound = ''
  let copied = 0
  scan(sql, (position) => {
    if (sql[position] !== '{') return position + 1
    placeholder.lastIndex = position
    const match = placeholder.exec(sql)
    if (!match) return position + 1
    const [whole, name, type] = match
    bound += sql.slice(copied, position) + literalOf(type!, textOf(name!, type!), whole)
    copied = position + whole.length
    return copied
  })
  return bound + sql.slice(copied)
}

function literalOf(type: string, text: string | null | undefined, whole: string): string {
  // Left as it stands, the engine itself says which parameter is missing.
  if (text === undefined) return whole
  if (type === 'Identifier') return `\`${(text ?? '').replaceAll(/[\\`]/g, '\\$&')}\``
  const literal = text === null ? 'NULL' : quoteText(text)
  return `_CAST(${literal}, ${quoteText(type)})`
}

/** Text of a parameter that a program gave. */
export function parameterText(value: unknown): string | null {
  if (value === null || value === undefined) return null
  if (typeof value === 'boolean') return value ? '1' : '0'
  if (Array.isArray(value)) return `[${value.map(elementText).join(',')}]`
  return String(value)
}

const elementText = (value: unknown): string =>
  typeof value === 'string' ? quoteText(value) : (parameterText(value) ?? 'NULL')

const escapes: Readonly<Record<string, string>> = {
  '0': '\0',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
}

/** Text of a parameter as it came in a URL: escaped as in TabSeparated, but for nested types. */
export function urlParameterText(raw: string, type: string): string | null {
  if (raw === '\\N') return null
  if (/^(?:Array|Map|Tuple)\b/.test(type)) return raw
  return raw.replaceAll(/\\([\s\S])/g, (_, character: string) => escapes[character] ?? character)
}

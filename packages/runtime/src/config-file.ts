import { readFileSync } from 'node:fs'
import { err, ok, type Result } from '@goldpan/core'
import { isMap, isScalar, LineCounter, parseDocument } from 'yaml'

/** A value as the file has it, and where. */
export interface WrittenValue {
  readonly section: string
  readonly key: string
  readonly value: unknown
  readonly line: number
}

export interface ConfigFile {
  readonly path: string
  readonly sections: readonly { readonly name: string; readonly line: number }[]
  readonly values: readonly WrittenValue[]
}

/** The largest configuration file that is read; a larger one is no configuration. */
const fileBytesMax = 1_000_000

/** Reads a YAML file of sections with keys; the error is one sentence. */
export function readConfigFile(path: string): Result<ConfigFile, string> {
  const read = readText(path)
  if (!read.ok) return read
  const lines = new LineCounter()
  const document = parseDocument(read.value, { lineCounter: lines, prettyErrors: false })
  const lineOf = (offset: number): number => lines.linePos(offset).line
  const broken = document.errors[0]
  if (broken) {
    const reason = broken.message.split('\n')[0]!.replace(/\.$/, '')
    return err(`${path}:${lineOf(broken.pos[0])}: this is no YAML (${reason}): correct the line`)
  }
  const top = document.contents
  if (top === null) return ok({ path, sections: [], values: [] })
  if (!isMap(top)) {
    return err(`${path}:1: expected sections such as "bus:" with indented keys below, found none`)
  }
  const sections: { name: string; line: number }[] = []
  const values: WrittenValue[] = []
  for (const { key, value } of top.items) {
    const name = keyName(key)
    const line = lineOf(keyOffset(key))
    sections.push({ name, line })
    if (isEmpty(value)) continue
    if (!isMap(value)) {
      return err(`${path}:${line}: ${name} is a section: put its keys below it, indented`)
    }
    for (const pair of value.items) {
      values.push({
        section: name,
        key: keyName(pair.key),
        value: toPlain(pair.value),
        line: lineOf(keyOffset(pair.key)),
      })
    }
  }
  return ok({ path, sections, values })
}

const keyName = (node: unknown): string => String(isScalar(node) ? node.value : node)
const keyOffset = (node: unknown): number => (isScalar(node) ? (node.range?.[0] ?? 0) : 0)
const isEmpty = (node: unknown): boolean => node === null || (isScalar(node) && node.value === null)

function readText(path: string): Result<string, string> {
  try {
    const bytes = readFileSync(path)
    if (bytes.length <= fileBytesMax) return ok(bytes.toString('utf8'))
    return err(`${path} has ${bytes.length} bytes, no configuration is that large: name another`)
  } catch (error) {
    return err(`${path} cannot be read (${(error as Error).message}): name an existing file`)
  }
}

/** A node's value without YAML's own objects; an empty value is absent. */
function toPlain(node: unknown): unknown {
  if (node === null) return undefined
  const value = (node as { toJSON(): unknown }).toJSON()
  return value === null ? undefined : value
}

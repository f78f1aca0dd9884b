import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  bindParameters,
  parameterText,
  quoteText,
  trimStatement,
  urlParameterText,
  withoutLiterals,
} from './sql-text.ts'

const bind = (sql: string, values: Record<string, unknown>): string =>
  bindParameters(sql, (name) => (name in values ? parameterText(values[name]) : undefined))

describe('bindParameters', () => {
  it('puts a cast literal in the place of a parameter', () => {
    expect(bind("SELECT {a:UInt8} + { b : DateTime64(6, 'UTC') }", { a: 1, b: 'x' })).toBe(
      "SELECT _CAST('1', 'UInt8') + _CAST('x', 'DateTime64(6, \\'UTC\\')')",
    )
  })

  it('leaves literals, names, comments, maps and what is not given as they are', () => {
    const sql = `SELECT '{a:UInt8}', "{a:UInt8}", \`{a:UInt8}\`, {'k':1}, {c:UInt8} -- {a:UInt8}
      /* {a:UInt8} */ , 'it''s {a:UInt8}', 'back\\'{a:UInt8}'`
    expect(bind(sql, { a: 1 })).toBe(sql)
  })

  it('quotes identifiers as identifiers', () => {
    expect(bind('SELECT * FROM {t:Identifier}', { t: 'a`b' })).toBe('SELECT * FROM `a\\`b`')
  })

  it('never lets a value out of its literal', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const bare = withoutLiterals(bind('SELECT {t:String}, 1', { t: text }))
        expect(bare.replaceAll(/\s+/g, ' ')).toBe('SELECT _CAST( , ), 1')
      }),
    )
  })
})

describe('urlParameterText', () => {
  it('reads what the client writes', () => {
    expect(urlParameterText('a\\tb\\\\c\\nd', 'String')).toBe('a\tb\\c\nd')
    expect(urlParameterText('\\N', 'Nullable(String)')).toBe(null)
    expect(urlParameterText("['a\\'b']", 'Array(String)')).toBe("['a\\'b']")
  })
})

describe('withoutLiterals', () => {
  it('keeps every other character at its place', () => {
    expect(withoutLiterals("a 'b;' -- c\n; d")).toBe(`a${' '.repeat(10)}\n; d`)
    fc.assert(
      fc.property(fc.string(), fc.string(), (text, rest) => {
        const bare = withoutLiterals(`${quoteText(text)};${rest.replaceAll(/\W/g, '')}`)
        expect(bare.trimStart().startsWith(';')).toBe(true)
      }),
    )
  })
})

describe('trimStatement', () => {
  it('drops comments in front and semicolons behind', () => {
    expect(trimStatement('-- what\n /* it */ SELECT 1 ;\n')).toBe('SELECT 1')
  })
})

import { describe, expect, it } from 'vitest'
import { readSourceFiles } from './source-tree.ts'

const linesPerFileMax = 300
const columnsMax = 100

/**
 * Files, or functions of them, whose size is their speed: each with the benchmark that justifies
 * it. At most four.
 */
const hotFiles: Readonly<Record<string, string>> = {
  'services/capture/src/handshake-packets.ts': 'bench/extraction.ts',
  'services/capture/src/handshake-tracker.ts': 'bench/extraction.ts',
}

/** Calls that make a stage impure, and what to do instead. */
const banned: readonly { readonly call: RegExp; readonly instead: string }[] = [
  { call: /\bDate\.now\(|new Date\(\)/, instead: 'take `now` as an argument: time is packet time' },
  { call: /\bMath\.random\(/, instead: 'take a seeded generator as an argument' },
  { call: /\bprocess\.env\b/, instead: 'read the environment in runtime or cli, pass the value' },
  { call: /\bconsole\.\w+\(/, instead: 'log through runtime, print through cli' },
]
const impure = /^(?:packages\/runtime|cli|scripts|bench|test)\//

const files = readSourceFiles()

describe('the source', () => {
  it('is there', () => {
    expect(files.length).toBeGreaterThan(50)
  })

  it(`keeps files to ${linesPerFileMax} lines, but for the hot ones`, () => {
    const long = files.filter(
      (file) => file.lines.length - 1 > linesPerFileMax && !(file.path in hotFiles) && !file.isTest,
    )
    expect(long.map((file) => `${file.path}: ${file.lines.length - 1}`)).toEqual([])
  })

  it('has at most four hot files, each with a benchmark that exists', () => {
    expect(Object.keys(hotFiles).length).toBeLessThanOrEqual(4)
    const paths = files.map((file) => file.path)
    for (const [hot, bench] of Object.entries(hotFiles)) {
      expect(paths).toContain(hot)
      expect(paths).toContain(bench)
    }
  })

  it(`keeps lines to ${columnsMax} columns`, () => {
    const wide = files.flatMap((file) =>
      file.lines.flatMap((line, index) =>
        [...line].length > columnsMax && !/https?:\/\//.test(line)
          ? [`${file.path}:${index + 1}`]
          : [],
      ),
    )
    expect(wide).toEqual([])
  })

  it.each(banned)('calls no $call.source where stages are pure', ({ call, instead }) => {
    const wrong = files
      .filter((file) => !file.isTest && !impure.test(file.path) && call.test(file.text))
      .map((file) => `${file.path}: ${instead}`)
    expect(wrong).toEqual([])
  })

  it('has no leftover marks', () => {
    const mark = new RegExp(`\\b(?:${['TO', 'DO'].join('')}|${['FIX', 'ME'].join('')})\\b`)
    expect(files.filter((file) => mark.test(file.text)).map((file) => file.path)).toEqual([])
  })

  it('names files after concepts, in kebab-case', () => {
    const vague = /(?:^|\/)(?:utils?|helpers?|types|common|misc)\.ts$/
    const wrong = files
      .map((file) => file.path)
      .filter((path) => vague.test(path) || !/\/[a-z0-9-]+(?:\.test)?\.ts$/.test(path))
    expect(wrong).toEqual([])
  })

  it('exports by name, never everything', () => {
    const wrong = files.filter((file) => /^export \* from/m.test(file.text))
    expect(wrong.map((file) => file.path)).toEqual([])
  })
})

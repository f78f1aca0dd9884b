import { describe, expect, it } from 'vitest'
import { importsOf, readSourceFiles } from './source-tree.ts'

/** Which workspaces may import which: the arrows of the design, nothing else. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  'packages/core': [],
  'packages/packet': ['core'],
  'packages/wire': ['core'],
  'packages/warehouse': ['core'],
  'packages/warehouse-embedded': ['core', 'warehouse', 'runtime'],
  'packages/runtime': ['core'],
  'packages/simulator': ['core', 'packet', 'wire', 'warehouse'],
  'packages/report': ['core', 'warehouse'],
  'services/capture': ['core', 'packet', 'wire', 'runtime'],
  'services/estimator': ['core', 'wire', 'warehouse', 'runtime'],
  'services/anycast-analyzer': ['core', 'warehouse', 'runtime'],
  dashboards: ['core', 'warehouse'],
  cli: [
    ...['core', 'packet', 'wire', 'warehouse', 'warehouse-embedded', 'runtime', 'simulator'],
    ...['report', 'capture', 'estimator', 'anycast-analyzer'],
  ],
}

const sources = readSourceFiles().filter((file) => !file.isTest && file.workspace !== undefined)

describe('imports', () => {
  it('are looked at in every workspace', () => {
    const seen = new Set(sources.map((file) => file.workspace))
    expect([...seen].sort()).toEqual(Object.keys(allowed).sort())
  })

  it('follow the arrows of the design', () => {
    const wrong = sources.flatMap((file) =>
      importsOf(file.text)
        .filter((specifier) => specifier.startsWith('@goldpan/'))
        .filter((specifier) => !allowed[file.workspace!]!.includes(specifier.split('/')[1]!))
        .map((specifier) => `${file.path} imports ${specifier}`),
    )
    expect(wrong).toEqual([])
  })

  it('enter another workspace by its name, never by a path', () => {
    const wrong = sources.flatMap((file) =>
      importsOf(file.text)
        .filter((specifier) => specifier.startsWith('.'))
        .map((specifier) => new URL(specifier, `file:///${file.path}`).pathname.slice(1))
        .filter((path) => !path.startsWith(`${file.workspace}/`))
        .map((path) => `${file.path} imports ${path}`),
    )
    expect(wrong).toEqual([])
  })

  it('never take a workspace’s own index', () => {
    const wrong = sources.filter((file) =>
      importsOf(file.text).some((specifier) => /^\.{1,2}\/(?:.*\/)?index\.ts$/.test(specifier)),
    )
    expect(wrong.map((file) => file.path)).toEqual([])
  })

  it('reach the embedded engine in its own package alone, and lazily from the command line', () => {
    const chdb = sources.filter((file) => importsOf(file.text).some((name) => /^chdb/.test(name)))
    expect(chdb.filter((file) => file.workspace !== 'packages/warehouse-embedded')).toEqual([])
    const eager = sources.filter((file) =>
      /from '@goldpan\/warehouse-embedded'/.test(
        file.text.replaceAll(/import type[^;]*?from/g, ''),
      ),
    )
    expect(eager.map((file) => file.path)).toEqual([])
  })

  it('reach kafkajs in one file', () => {
    const named = sources.filter(({ text }) => /['"`]kafkajs(?:\/[\w./]+)?['"`]/.test(text))
    expect(named.map(({ path }) => path)).toEqual(['packages/runtime/src/kafka-client.ts'])
  })
})

describe('importsOf', () => {
  it('finds static, lazy, re-exported and bare imports', () => {
    const text = [
      "import { a } from 'one'",
      "import type {\n  b,\n} from 'two'",
      "export { c } from 'three'",
      "const d = await import('four')",
      "import 'five'",
    ].join('\n')
    expect(importsOf(text)).toEqual(['one', 'two', 'three', 'four', 'five'])
  })
})

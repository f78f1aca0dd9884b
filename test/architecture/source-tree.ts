import { globSync, readFileSync } from 'node:fs'
import { join, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The root of the checkout. */
export const root = fileURLToPath(new URL('../..', import.meta.url))

export interface SourceFile {
  /** Path from the root, with forward slashes. */
  readonly path: string
  readonly text: string
  readonly lines: readonly string[]
  readonly isTest: boolean
  /** The workspace it belongs to, such as `packages/core`; undefined outside of one. */
  readonly workspace: string | undefined
}

const sourceGlob = '{packages,services,dashboards,cli,test,bench,scripts}/**/*.ts'

/** Every TypeScript file of the project. */
export function readSourceFiles(): SourceFile[] {
  return globSync(sourceGlob, { cwd: root, exclude: (name) => name.includes('node_modules') })
    .map((path) => path.split(sep).join('/'))
    .sort()
    .map((path) => {
      const text = readFileSync(join(root, path), 'utf8')
      return {
        path,
        text,
        lines: text.split('\n'),
        isTest: path.endsWith('.test.ts') || path.startsWith('test/'),
        workspace: /^(?:(?:packages|services)\/[^/]+|cli|dashboards)/.exec(path)?.[0],
      }
    })
}

const importPattern = /(?:^|\n)\s*(?:import|export)\b[^'"`;]*?from\s+'([^']+)'|import\('([^']+)'\)/g
const bareImportPattern = /(?:^|\n)import '([^']+)'/g

/** The module specifiers that a file imports, statically or lazily. */
export function importsOf(text: string): string[] {
  const found = [...text.matchAll(importPattern)].map((match) => (match[1] ?? match[2])!)
  return [...found, ...[...text.matchAll(bareImportPattern)].map((match) => match[1]!)]
}

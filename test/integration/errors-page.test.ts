import { readFileSync } from 'node:fs'
import { counterMeanings } from '@goldpan/report'
import { expect, it } from 'vitest'
import {
  deadReasonMeanings,
  errorCodes,
  exclusionMeanings,
  rejectReasons,
  sensorCounters,
  warehouseCodes,
} from '../../scripts/generate/error-catalogue.ts'
import { formatErrorsPage } from '../../scripts/generate/errors-page.ts'
import { readSourceFiles } from '../architecture/source-tree.ts'

/** The page of errors against the code, both ways. */

const sources = readSourceFiles().filter(
  ({ path, isTest }) => !isTest && !/^(?:bench|test)\//.test(path),
)

/** Every word that a type gives a `code`, or a union of codes. */
function codesInTheSource(): string[] {
  const declared = /readonly code\??: ((?:\s*\|?\s*(?:'[A-Z_]+'|[\w'[\]]+))+)/g
  return sources
    .filter(({ path }) => !path.startsWith('scripts/'))
    .flatMap(({ text }) =>
      [...text.matchAll(declared)].flatMap((match) => match[1]!.match(/'[A-Z_]+'/g) ?? []),
    )
    .map((quoted) => quoted.slice(1, -1))
}

it('names every code that an expected failure has, and no other', () => {
  const found = [...new Set(codesInTheSource())].sort()
  expect(found.length).toBeGreaterThan(15)
  expect(Object.keys(errorCodes).sort()).toEqual(found)
})

const textOf = (path: string): string => sources.find((source) => source.path === path)!.text

it.each([
  ['packages/warehouse/src/warehouse-error.ts', Object.keys(warehouseCodes)],
  ['services/estimator/src/row-check.ts', Object.keys(rejectReasons)],
  ['services/estimator/src/check-record.ts', Object.keys(deadReasonMeanings)],
  ['services/estimator/src/row-columns.ts', Object.keys(exclusionMeanings)],
])('has the words of %s', (path, words) => {
  expect(words.filter((word) => !textOf(path).includes(`'${word}'`))).toEqual([])
})

it('has all exclusions and all counters of a live sensor, and no other', () => {
  const [, list] = /const exclusions = \[([^\]]*)\]/.exec(
    textOf('services/estimator/src/row-columns.ts'),
  )!
  const exclusions = list!.match(/'(\w+)'/g)!.map((quoted) => quoted.slice(1, -1))
  expect(Object.keys(exclusionMeanings).sort()).toEqual(exclusions.sort())
  const files = [
    'services/capture/src/live-pass.ts',
    'services/capture/src/live-sensor.ts',
    'services/capture/src/sensor-state.ts',
    'services/capture/src/traffic-counters.ts',
    'packages/runtime/src/spool.ts',
    'packages/runtime/src/spool-folder.ts',
  ]
  const counted = files.flatMap((path) =>
    [
      ...textOf(path).matchAll(
        /^\s*(?:return \{ )?([a-z]+(?:_[a-z]+)+): ?(?:0|1|number|pending|this)/gm,
      ),
    ].map(([, word]) => word!),
  )
  const inOneLine = /\b((?:restart|give|restarts)_[a-z_]+):/g
  const others = files.flatMap((path) =>
    [...textOf(path).matchAll(inOneLine)].map(([, word]) => word!),
  )
  expect(Object.keys(sensorCounters).sort()).toEqual(
    [...new Set([...counted, ...others])].filter((word) => !(word in counterMeanings)).sort(),
  )
})

it('is what the catalogue makes, as committed', () => {
  const committed = new URL('../../docs/reference/errors.md', import.meta.url)
  expect(readFileSync(committed, 'utf8')).toBe(formatErrorsPage())
})
